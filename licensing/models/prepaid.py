"""Money paid in beforehand, for what is charged by and by."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from licensing.models.parties import Party
from marketplace.accounts.models import User


class Prepaid(models.Model):
    """What a party paid in beforehand, and what became of it.

    What it is for is said by a room above, with a key to it. It never goes below zero.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    party = models.ForeignKey(Party, models.PROTECT, related_name="prepaid")
    currency = models.CharField(max_length=3)
    received_minor = models.BigIntegerField(default=0)
    charged_minor = models.BigIntegerField(default=0)
    returned_minor = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "prepaid"
        constraints = [
            models.CheckConstraint(
                name="licensing_prepaid_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="licensing_prepaid_never_overdrawn",
                condition=Q(
                    charged_minor__gte=0,
                    returned_minor__gte=0,
                    received_minor__gte=F("charged_minor") + F("returned_minor"),
                ),
            ),
        ]
        indexes = [
            models.Index(name="licensing_prepaid_newest", fields=["-opened_at", "-id"])
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def left_minor(self) -> int:
        return self.received_minor - self.charged_minor - self.returned_minor


class PrepaidTransfer(models.Model):
    """Money that was paid in beforehand, and whose word we have for it. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prepaid = models.ForeignKey(Prepaid, models.PROTECT, related_name="transfers")
    bank_reference = models.CharField(max_length=140)
    amount_minor = models.BigIntegerField()
    received_on = models.DateField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("bank_reference"), name="licensing_prepaidtransfer_reference_once"
            ),
            models.CheckConstraint(
                name="licensing_prepaidtransfer_reference_not_empty",
                condition=~Q(bank_reference=""),
            ),
            models.CheckConstraint(
                name="licensing_prepaidtransfer_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference
