"""Where the money of parties goes: by a payment provider, or to their bank account."""

import uuid

from django.db import models
from django.db.models import Q

from licensing.models.parties import Party
from licensing.models.payments import PaymentProvider
from marketplace.accounts.models import User


class Payee(models.Model):
    """A party's account at a provider, as it stood when we last asked.

    `account` is the provider's name of it, and empty while it is being made;
    `missing` is what the provider still asks of the party.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, models.PROTECT, related_name="payees")
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    account = models.CharField(max_length=200, blank=True)
    is_payable = models.BooleanField(default=False)
    has_told_all = models.BooleanField(default=False)
    missing = models.JSONField(default=list, blank=True)
    refused_for = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_payee_one_each", fields=["party", "provider"]
            ),
            models.UniqueConstraint(
                name="licensing_payee_account_once",
                fields=["provider", "account"],
                condition=~Q(account=""),
            ),
            models.CheckConstraint(
                name="licensing_payee_payable_has_account",
                condition=Q(is_payable=False) | ~Q(account=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} at {self.get_provider_display()}"


class BankAccount(models.Model):
    """Where an operator transfers what a party earned: an IBAN, or what stands for one.

    `holder` is whom the bank knows it as.
    """

    party = models.OneToOneField(
        Party, models.PROTECT, primary_key=True, related_name="bank_account"
    )
    holder = models.CharField(max_length=140)
    iban = models.CharField(max_length=34, blank=True)
    details = models.TextField(max_length=500, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_bankaccount_holder_not_empty", condition=~Q(holder="")
            ),
            models.CheckConstraint(
                name="licensing_bankaccount_iban_or_details",
                condition=Q(iban="") ^ Q(details=""),
            ),
            models.CheckConstraint(
                name="licensing_bankaccount_iban_shaped",
                condition=Q(iban__regex=r"^([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})?$"),
            ),
        ]

    def __str__(self) -> str:
        return f"an account of {self.party_id}"

    @property
    def ends_with(self) -> str:
        """The last characters of it, by which its owner knows it again."""
        return (self.iban or self.details)[-4:]

    @property
    def iban_grouped(self) -> str:
        """The IBAN in groups of four, as people read and print it."""
        return " ".join(
            self.iban[start : start + 4] for start in range(0, len(self.iban), 4)
        )
