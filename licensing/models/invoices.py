"""What a buyer is billed: whom it is made out to, and papers that never change."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models.ledger import Entry
from licensing.models.orders import Order
from licensing.models.parties import Party
from marketplace.accounts.models import User

SHA256 = r"^[0-9a-f]{64}$"


class BillingDetails(models.Model):
    """To whom a party's invoices are made out from now on."""

    party = models.OneToOneField(
        Party, models.PROTECT, primary_key=True, related_name="billing"
    )
    name = models.CharField(max_length=200)
    address = models.TextField(max_length=500, blank=True)
    country = models.CharField(max_length=2, blank=True)
    vat_id = models.CharField(max_length=20, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "billing details"
        constraints = [
            models.CheckConstraint(
                name="licensing_billingdetails_name_not_empty", condition=~Q(name="")
            ),
            models.CheckConstraint(
                name="licensing_billingdetails_country_shaped",
                condition=Q(country__regex=r"^([A-Z]{2})?$"),
            ),
            models.CheckConstraint(
                name="licensing_billingdetails_vat_id_shaped",
                condition=Q(vat_id__regex=r"^[A-Z0-9]*$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PaperKind(models.TextChoices):
    INVOICE = "INVOICE", _("Invoice")
    CREDIT_NOTE = "CREDIT_NOTE", _("Credit note")


class PaperSeries(models.Model):
    """Where the numbers of one issuer, kind and year come from: the row is the lock."""

    prefix = models.CharField(max_length=12)
    kind = models.CharField(max_length=11, choices=PaperKind.choices)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "paper series"
        constraints = [
            models.UniqueConstraint(
                name="licensing_paperseries_once", fields=["prefix", "kind", "year"]
            ),
            models.CheckConstraint(
                name="licensing_paperseries_kind_known",
                condition=Q(kind__in=PaperKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.kind} {self.year}"


class Paper(models.Model):
    """A numbered document whose whole content is frozen; PDF and XML are made from it.

    `entry` is what the ledger says of the same money, to the same sum.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=32, unique=True)
    series = models.ForeignKey(PaperSeries, models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="%(class)ss")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="%(class)s")
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    issued_at = models.DateTimeField()
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                name="%(app_label)s_%(class)s_sequence_once",
                fields=["series", "sequence"],
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sequence_from_one",
                condition=Q(sequence__gte=1),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sum_agrees",
                condition=Q(
                    net_minor__gte=0,
                    tax_minor__gte=0,
                    total_minor__gt=0,
                    total_minor=F("net_minor") + F("tax_minor"),
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_digest_shaped",
                condition=Q(content_sha256__regex=SHA256),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Invoice(Paper):
    """What was paid for an order. Never changed."""

    class Meta(Paper.Meta):
        constraints = [
            *Paper.Meta.constraints,
            models.UniqueConstraint(
                name="licensing_invoice_order_once", fields=["order"]
            ),
        ]
        indexes = [
            models.Index(name="licensing_invoice_by_time", fields=["issued_at", "id"])
        ]


class CreditNote(Paper):
    """What was given back of what an invoice says. Never changed."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes")

    class Meta(Paper.Meta):
        indexes = [
            models.Index(
                name="licensing_creditnote_by_time", fields=["issued_at", "id"]
            )
        ]


class LetterKind(models.TextChoices):
    """What a buyer is written to about an order."""

    PLACED = "PLACED", _("How to pay it")
    SETTLED = "SETTLED", _("It is granted")
    CREDITED = "CREDITED", _("Money goes back")


class OrderLetter(models.Model):
    """A letter to an order's buyer; `told_at` is empty until it is written."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=8, choices=LetterKind.choices)
    credit_note = models.OneToOneField(
        CreditNote, models.PROTECT, null=True, blank=True, related_name="letter"
    )
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_orderletter_once",
                fields=["order", "kind"],
                condition=Q(credit_note__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_orderletter_credited_has_note",
                condition=Q(kind=LetterKind.CREDITED, credit_note__isnull=False)
                | (~Q(kind=LetterKind.CREDITED) & Q(credit_note__isnull=True)),
            ),
            models.CheckConstraint(
                name="licensing_orderletter_kind_known",
                condition=Q(kind__in=LetterKind.values),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_orderletter_due",
                fields=["due_at", "id"],
                condition=Q(told_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"
