"""Money given back for what was ordered, and for which of its lines."""

import uuid

from django.db import models
from django.db.models import F, Q

from licensing.models.ledger import Entry
from licensing.models.orders import Order, OrderLine
from marketplace.accounts.models import User


class Refund(models.Model):
    """Money given back to a buyer, tax included, in the order's currency.

    Only `reference`, the bank's or the provider's own, and `failed_at` are told later,
    once each; nothing else ever changes. `asked_sha256` is of what was asked for, by which
    a repetition is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=150, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="refund")
    asked_sha256 = models.CharField(max_length=64, db_default="")
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    reason = models.TextField()
    revokes = models.BooleanField()
    reference = models.CharField(max_length=140, blank=True)
    refunded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    refunded_at = models.DateTimeField()
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_refund_key_not_empty", condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="licensing_refund_says_why", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="licensing_refund_tax_within_amount",
                condition=Q(
                    amount_minor__gt=0,
                    tax_minor__gte=0,
                    tax_minor__lte=F("amount_minor"),
                ),
            ),
        ]
        indexes = [
            models.Index(name="licensing_refund_by_time", fields=["refunded_at", "id"])
        ]

    def __str__(self) -> str:
        return self.key


class RefundLine(models.Model):
    """What of a refund was for one line of its order, tax included. Never changed."""

    id = models.BigAutoField(primary_key=True)
    refund = models.ForeignKey(
        Refund, models.PROTECT, related_name="lines", db_index=False
    )
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_refundline_line_once", fields=["refund", "line"]
            ),
            models.CheckConstraint(
                name="licensing_refundline_tax_within_amount",
                condition=Q(
                    amount_minor__gt=0,
                    tax_minor__gte=0,
                    tax_minor__lte=F("amount_minor"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.refund_id}"
