"""The double-entry ledger. `licensing.ledger` is its only writer."""

import uuid

from django.db import models
from django.db.models import Q

from licensing.models.orders import Order
from licensing.models.parties import Party
from marketplace.accounts.models import User


class LedgerAccount(models.Model):
    """A place money can be, such as `cash:bank`, `payable:<party>`."""

    code = models.CharField(max_length=80, unique=True)
    party = models.OneToOneField(
        Party, models.PROTECT, null=True, blank=True, related_name="account"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_ledgeraccount_code_shaped",
                condition=Q(code__regex=r"^[a-z]+:[a-z0-9_-]+$"),
            ),
            models.CheckConstraint(
                name="licensing_ledgeraccount_payable_has_party",
                condition=Q(code__startswith="payable:", party__isnull=False)
                | (~Q(code__startswith="payable:") & Q(party__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class EntryKind(models.TextChoices):
    PAYMENT = "PAYMENT", "Payment shared out"
    PART_PAYMENT = "PART_PAYMENT", "Part of a payment, held"
    RELEASE = "RELEASE", "Held money set free to return"


class Entry(models.Model):
    """One fact about money. Its lines sum to zero in each currency. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    content_sha256 = models.CharField(max_length=64)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    posted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    occurred_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                name="licensing_entry_key_not_empty", condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="licensing_entry_kind_known",
                condition=Q(kind__in=EntryKind.values),
            ),
        ]
        indexes = [
            models.Index(name="licensing_entry_by_time", fields=["occurred_at", "id"])
        ]

    def __str__(self) -> str:
        return self.key


class LedgerLine(models.Model):
    """Signed minor units on one account: positive is a debit, such as cash come in."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="lines")
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_ledgerline_account_once",
                fields=["entry", "account", "currency"],
            ),
            models.CheckConstraint(
                name="licensing_ledgerline_not_zero", condition=~Q(minor=0)
            ),
            models.CheckConstraint(
                name="licensing_ledgerline_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} on {self.account_id}"
