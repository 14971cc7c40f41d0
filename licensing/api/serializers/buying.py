"""The JSON of invoices, billing details and licences held."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing import queries
from licensing.api.serializers.money import MoneyOf, PartyOut
from licensing.models import CreditNote, Entitlement, Invoice, Party
from licensing.queries.buying import GrantState
from licensing.services.billing import LONGEST_ADDRESS, LONGEST_NAME


class CreditNoteOut(serializers.ModelSerializer[CreditNote]):
    reason = serializers.CharField(source="content.reason", read_only=True)
    total = MoneyOf("total_minor")
    tax = MoneyOf("tax_minor")

    class Meta:
        model = CreditNote
        fields = read_only_fields = ["number", "reason", "tax", "total", "issued_at"]


class InvoiceOut(serializers.ModelSerializer[Invoice]):
    credit_notes = CreditNoteOut(many=True, read_only=True)
    order = serializers.CharField(source="order.number", read_only=True)
    holder = PartyOut(source="order.holder", read_only=True)
    net = MoneyOf("net_minor")
    tax = MoneyOf("tax_minor")
    total = MoneyOf("total_minor")

    class Meta:
        model = Invoice
        fields = read_only_fields = [
            "number",
            "order",
            "holder",
            "net",
            "tax",
            "total",
            "issued_at",
            "credit_notes",
        ]


class PaperAddressOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    address = serializers.CharField(read_only=True)
    country = serializers.CharField(read_only=True)
    vat_id = serializers.CharField(read_only=True)


class PaperItemOut(serializers.Serializer[Any]):
    title = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)
    quantity = serializers.IntegerField(read_only=True)
    price_minor = serializers.IntegerField(read_only=True)
    discount_minor = serializers.IntegerField(read_only=True)
    net_minor = serializers.IntegerField(read_only=True)
    tax_minor = serializers.IntegerField(read_only=True)


class PaperTaxOut(serializers.Serializer[Any]):
    country = serializers.CharField(read_only=True)
    rate_bps = serializers.IntegerField(read_only=True)
    minor = serializers.IntegerField(read_only=True)
    is_included = serializers.BooleanField(read_only=True)


class PaperOut(serializers.Serializer[Any]):
    """The whole of an invoice or a credit note, as it was frozen."""

    format = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(["INVOICE", "CREDIT_NOTE"], read_only=True)
    number = serializers.CharField(read_only=True)
    corrects = serializers.CharField(
        read_only=True, help_text="The invoice that a credit note is about."
    )
    corrects_on = serializers.DateField(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True)
    issued_on = serializers.DateField(read_only=True)
    supplied_on = serializers.DateField(read_only=True)
    order = serializers.CharField(read_only=True)
    ordered_on = serializers.DateField(read_only=True)
    currency = serializers.CharField(read_only=True)
    issuer = PaperAddressOut(read_only=True)
    issuer_note = serializers.CharField(read_only=True)
    buyer = PaperAddressOut(read_only=True)
    items = PaperItemOut(many=True, read_only=True)
    tax = PaperTaxOut(read_only=True)
    net_minor = serializers.IntegerField(read_only=True)
    discount_minor = serializers.IntegerField(read_only=True)
    total_minor = serializers.IntegerField(read_only=True)


class BillingOut(serializers.Serializer[Any]):
    """To whom a party's invoices are made out; empty strings where nobody said."""

    party = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()
    country = serializers.SerializerMethodField()
    vat_id = serializers.SerializerMethodField()

    def _said(self, party: Party, column: str) -> str:
        details = getattr(party, "billing", None)
        return str(getattr(details, column)) if details else ""

    @extend_schema_field(PartyOut)
    def get_party(self, party: Party) -> Any:
        return PartyOut(party).data

    def get_name(self, party: Party) -> str:
        return self._said(party, "name")

    def get_address(self, party: Party) -> str:
        return self._said(party, "address")

    def get_country(self, party: Party) -> str:
        return self._said(party, "country")

    def get_vat_id(self, party: Party) -> str:
        return self._said(party, "vat_id")


class BillingIn(serializers.Serializer[Any]):
    holder = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if it is for it.",
    )
    name = serializers.CharField(max_length=LONGEST_NAME)
    address = serializers.CharField(
        max_length=LONGEST_ADDRESS, required=False, allow_blank=True, default=""
    )
    country = serializers.CharField(
        max_length=2,
        required=False,
        allow_blank=True,
        default="",
        help_text="Two letters of ISO 3166.",
    )
    vat_id = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default=""
    )


class HeldOut(serializers.ModelSerializer[Entitlement]):
    work = serializers.UUIDField(source="offer.work_id", read_only=True)
    work_title = serializers.CharField(source="line.work_title", read_only=True)
    offer = serializers.UUIDField(source="offer_id", read_only=True)
    offer_title = serializers.CharField(source="line.offer_title", read_only=True)
    licence = serializers.CharField(
        source="line.offer_version.licence_id", read_only=True
    )
    licence_sha256 = serializers.CharField(
        source="line.acceptance.licence_text_id", read_only=True
    )
    accepted_at = serializers.DateTimeField(
        source="line.acceptance.accepted_at", read_only=True
    )
    holder = PartyOut(read_only=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Entitlement
        fields = read_only_fields = [
            "id",
            "work",
            "work_title",
            "offer",
            "offer_title",
            "licence",
            "licence_sha256",
            "accepted_at",
            "holder",
            "state",
            "is_trial",
            "seats",
            "granted_at",
            "ends_at",
            "covers_until",
            "older_than_days",
            "suspended_at",
            "revoked_at",
            "stopped_because",
        ]

    @extend_schema_field(serializers.ChoiceField([each.value for each in GrantState]))
    def get_state(self, held: Entitlement) -> str:
        return queries.standing_of(held, at=timezone.now())
