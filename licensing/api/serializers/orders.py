"""The JSON of orders and transfers: `…In` we accept, `…Out` we answer."""

from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import MoneyOf, MoneyOut, PartyOut
from licensing.conditions import MOST_SEATS
from licensing.models import Order, OrderLine, Payment
from licensing.services import Wishes
from licensing.services.orders import MOST_LINES
from licensing.services.payments import LARGEST_AMOUNT, LONGEST_REFERENCE
from licensing.services.price_checks import LARGEST_PRICE

V = TypeVar("V")


def by_id(said: dict[str, V]) -> dict[UUID, V]:
    """Return what is said of offers by their ids."""
    try:
        return {UUID(name): each for name, each in said.items()}
    except ValueError as fault:
        raise serializers.ValidationError("Name offers by their ids.") from fault


def wishes_of(said: dict[str, Any]) -> Wishes:
    """Return what a `WishesIn` read."""
    return Wishes(
        quantities=said["quantities"],
        amounts=said["amounts"],
        code=said["code"],
        country=said["country"].upper(),
        vat_id=said["vat_id"].upper().replace(" ", ""),
    )


class OrderLineOut(serializers.ModelSerializer[OrderLine]):
    offer = serializers.UUIDField(source="offer_version.offer_id", read_only=True)
    work = serializers.UUIDField(source="offer_version.offer.work_id", read_only=True)
    licence = serializers.CharField(source="offer_version.licence_id", read_only=True)
    licence_sha256 = serializers.CharField(
        source="acceptance.licence_text_id", read_only=True
    )

    class Meta:
        model = OrderLine
        fields = read_only_fields = [
            "work",
            "work_title",
            "offer",
            "offer_title",
            "licence",
            "licence_sha256",
            "quantity",
            "price_minor",
            "discount_minor",
            "tax_minor",
            "older_than_days",
        ]


class PaymentOut(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields = read_only_fields = [
            "provider",
            "reference",
            "amount_minor",
            "received_on",
        ]


class TaxOut(serializers.Serializer[Any]):
    """The tax of the buyer's country: on top of the prices, or in them already."""

    minor = serializers.IntegerField(source="tax_minor", read_only=True)
    currency = serializers.CharField(read_only=True)
    country = serializers.CharField(source="tax_country", read_only=True)
    bps = serializers.IntegerField(source="tax_bps", read_only=True)
    is_included = serializers.BooleanField(source="is_tax_included", read_only=True)
    vat_id = serializers.CharField(read_only=True)


class OrderOut(serializers.ModelSerializer[Order]):
    buyer = serializers.CharField(source="buyer.username", read_only=True)
    holder = PartyOut(read_only=True)
    subtotal = MoneyOf("subtotal_minor")
    discount = MoneyOf("discount_minor")
    tax = TaxOut(source="*", read_only=True)
    total = MoneyOf("total_minor")
    paid = MoneyOf("paid_minor")
    due = serializers.SerializerMethodField()
    overpaid = MoneyOf("overpaid_minor")
    lines = OrderLineOut(many=True, read_only=True)
    payments = PaymentOut(many=True, read_only=True)

    class Meta:
        model = Order
        fields = read_only_fields = [
            "number",
            "state",
            "buyer",
            "holder",
            "subtotal",
            "discount",
            "tax",
            "total",
            "paid",
            "due",
            "overpaid",
            "lines",
            "payments",
            "placed_at",
            "expires_at",
            "closed_at",
            "closing_note",
        ]

    @extend_schema_field(MoneyOut)
    def get_due(self, order: Order) -> Any:
        due = order.due_minor if order.is_open else 0
        return {"minor": due, "currency": order.currency}


class InstructionsOut(serializers.Serializer[Any]):
    """Where to send the money, while the order waits for it."""

    recipient = serializers.CharField(read_only=True)
    bank_details = serializers.CharField(source="account", read_only=True)
    reference = serializers.CharField(read_only=True)


class OrderDetailOut(OrderOut):
    instructions = serializers.SerializerMethodField()

    class Meta(OrderOut.Meta):
        fields = read_only_fields = [*OrderOut.Meta.fields, "instructions"]

    @extend_schema_field(InstructionsOut(allow_null=True))
    def get_instructions(self, order: Order) -> Any:
        if not order.is_open:
            return None
        return InstructionsOut(self.context["asked"]).data


class WishesIn(serializers.Serializer[Any]):
    """What a buyer says of an order beside its offers."""

    quantities = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_SEATS),
        required=False,
        default=dict,
        help_text="How many of an offer, by its id, of those counted in seats.",
    )
    amounts = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_PRICE),
        required=False,
        default=dict,
        help_text="Minor units for one of an offer, by its id, where you name the price.",
    )
    code = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a discount.",
    )
    country = serializers.CharField(
        max_length=2,
        required=False,
        allow_blank=True,
        default="",
        help_text="Where you are taxed, in two letters; asked where there are taxes.",
    )
    vat_id = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of your organisation, for the invoice.",
    )

    def validate_quantities(self, said: dict[str, int]) -> dict[UUID, int]:
        return by_id(said)

    def validate_amounts(self, said: dict[str, int]) -> dict[UUID, int]:
        return by_id(said)


class OrderIn(WishesIn):
    offers = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_LINES
    )
    holder = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if you buy for it.",
    )
    trial = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Try the one offer that is named, free for as long as it says.",
    )
    only_older = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Only the versions that the offers' policies make free for their age.",
    )


class TransferIn(serializers.Serializer[Any]):
    bank_reference = serializers.CharField(max_length=LONGEST_REFERENCE)
    amount_minor = serializers.IntegerField(min_value=1, max_value=LARGEST_AMOUNT)
    received_on = serializers.DateField()


class RejectIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)
