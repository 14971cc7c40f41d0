"""The double-entry ledger. `licensing.ledger` is its only writer."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from licensing.models.orders import Order, OrderLine
from licensing.models.parties import Party
from marketplace.accounts.models import User

EXACT = models.DecimalField(max_digits=40, decimal_places=0)


class LedgerAccount(models.Model):
    """A place money can be, such as `cash:bank`, `payable:<party>`, `liability:tax:fr`."""

    code = models.CharField(max_length=80, unique=True)
    party = models.OneToOneField(
        Party, models.PROTECT, null=True, blank=True, related_name="account"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_ledgeraccount_code_shaped",
                condition=Q(code__regex=r"^[a-z]+:[a-z0-9_-]+(:[a-z0-9-]+)?$"),
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
    PAYMENT = "PAYMENT", _("Payment shared out")
    PART_PAYMENT = "PART_PAYMENT", _("Part of a payment, held")
    RELEASE = "RELEASE", _("Held money set free to return")
    PROCESSOR_FEE = "PROCESSOR_FEE", _("What the payment provider keeps")
    REFUND = "REFUND", _("Refund")
    REFUND_FAILED = "REFUND_FAILED", _("Refund that did not arrive")
    RETURN = "RETURN", _("Overpaid or freed money returned")
    DISPUTE = "DISPUTE", _("Disputed by the payer, held")
    DISPUTE_WON = "DISPUTE_WON", _("Dispute won")
    DISPUTE_LOST = "DISPUTE_LOST", _("Dispute lost")
    PAYOUT = "PAYOUT", _("Paid out")
    PAYOUT_FAILED = "PAYOUT_FAILED", _("Payout that did not arrive")
    PAYOUT_RETURNED = "PAYOUT_RETURNED", _("Part of a payout taken back")
    CONVERSION = "CONVERSION", _("Changed from one currency into another")
    PRIZE_FUNDED = "PRIZE_FUNDED", _("Prize paid into escrow")
    PRIZE_AWARDED = "PRIZE_AWARDED", _("Prize awarded")
    PRIZE_RETURNED = "PRIZE_RETURNED", _("Prize returned to who funded it")
    PREPAID = "PREPAID", _("Paid in beforehand")
    PREPAID_RETURNED = "PREPAID_RETURNED", _("Paid in beforehand, and given back")
    USAGE = "USAGE", _("Use of the site's machines")


class Entry(models.Model):
    """One fact about money. Its lines sum to zero in each currency. Never changed.

    They are of one currency; a conversion's alone are of two.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16, choices=EntryKind.choices)
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
    """Signed minor units on one account: positive is a debit, such as cash come in.

    `order_line` tells what of an order was earned, or given back. `occurred_at` is the
    entry's: the sums of an account up to a moment are read from one index.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="lines", db_index=False
    )
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, null=True, blank=True, related_name="booked"
    )
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_ledgerline_account_once",
                fields=["entry", "account", "currency", "order_line"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="licensing_ledgerline_not_zero", condition=~Q(minor=0)
            ),
            models.CheckConstraint(
                name="licensing_ledgerline_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_ledgerline_by_time",
                fields=["account", "occurred_at"],
                include=["currency", "minor"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} on {self.account_id}"


class Conversion(models.Model):
    """What an entry changed of one currency into another, and at which rate.

    The rate is a ratio of integers, minor units for minor units; what it gives is
    rounded down, so a part of a unit stays where the money came from. Never changed.
    """

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="conversion"
    )
    from_currency = models.CharField(max_length=3)
    from_minor = models.BigIntegerField()
    to_currency = models.CharField(max_length=3)
    to_minor = models.BigIntegerField()
    rate_numerator = models.BigIntegerField()
    rate_denominator = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_conversion_two_currencies",
                condition=~Q(from_currency=F("to_currency")),
            ),
            models.CheckConstraint(
                name="licensing_conversion_amounts_positive",
                condition=Q(
                    from_minor__gt=0,
                    to_minor__gt=0,
                    rate_numerator__gt=0,
                    rate_denominator__gt=0,
                ),
            ),
            models.CheckConstraint(
                name="licensing_conversion_at_its_rate_rounded_down",
                condition=Q(
                    LessThanOrEqual(
                        Cast("to_minor", EXACT) * Cast("rate_denominator", EXACT),
                        Cast("from_minor", EXACT) * Cast("rate_numerator", EXACT),
                    ),
                    GreaterThan(
                        (Cast("to_minor", EXACT) + 1) * Cast("rate_denominator", EXACT),
                        Cast("from_minor", EXACT) * Cast("rate_numerator", EXACT),
                    ),
                ),
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.from_minor} {self.from_currency} to "
            f"{self.to_minor} {self.to_currency}"
        )
