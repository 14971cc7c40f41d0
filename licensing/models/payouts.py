"""Money paid out to those it is owed to."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from licensing.models.ledger import Entry
from licensing.models.parties import Party
from licensing.models.payments import PaymentProvider
from marketplace.accounts.models import User


class Payout(models.Model):
    """Money sent to a party it was owed to.

    Only `reference`, the bank's or the provider's own, and how it failed are told later,
    once each; nothing else ever changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=150, unique=True)
    party = models.ForeignKey(Party, models.PROTECT, related_name="payouts")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="payout")
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=140, blank=True)
    paid_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    paid_at = models.DateTimeField()
    failed_at = models.DateTimeField(null=True, blank=True)
    failed_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("reference"),
                "provider",
                name="licensing_payout_reference_once",
                condition=~Q(reference=""),
            ),
            models.CheckConstraint(
                name="licensing_payout_key_not_empty", condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="licensing_payout_provider_known",
                condition=Q(provider__in=PaymentProvider.values),
            ),
            models.CheckConstraint(
                name="licensing_payout_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
            models.CheckConstraint(
                name="licensing_payout_transfer_is_vouched_for",
                condition=~Q(provider=PaymentProvider.MANUAL)
                | (~Q(reference="") & Q(paid_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="licensing_payout_failure_says_why",
                condition=Q(failed_at__isnull=True, failed_because="")
                | (Q(failed_at__isnull=False) & ~Q(failed_because="")),
            ),
        ]
        indexes = [
            models.Index(name="licensing_payout_by_time", fields=["paid_at", "id"])
        ]

    def __str__(self) -> str:
        return self.key
