"""Payments that their payer disputes with their bank or card."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.orders import Order
from marketplace.accounts.models import User


class DisputeState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    WON = "WON", _("Won: the money came back")
    LOST = "LOST", _("Lost: the money is the payer's")


class Dispute(models.Model):
    """Money that a bank took back from us until it is decided whose it is.

    `key` names the outside fact, such as `stripe:dp_1`. It is closed once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=150, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=4, choices=DisputeState.choices)
    amount_minor = models.BigIntegerField()
    reason = models.TextField()
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_dispute_key_not_empty", condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="licensing_dispute_state_known",
                condition=Q(state__in=DisputeState.values),
            ),
            models.CheckConstraint(
                name="licensing_dispute_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
            models.CheckConstraint(
                name="licensing_dispute_closed_unless_open",
                condition=Q(
                    state=DisputeState.OPEN,
                    closed_at__isnull=True,
                    closed_by__isnull=True,
                )
                | (~Q(state=DisputeState.OPEN) & Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="licensing_dispute_by_time", fields=["opened_at", "id"])
        ]

    def __str__(self) -> str:
        return self.key
