"""The JSON of orders and transfers: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import MoneyOut, PartyOut
from licensing.models import Order, OrderLine, Payment
from licensing.services.orders import MOST_LINES
from licensing.services.payments import LARGEST_AMOUNT, LONGEST_REFERENCE


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
            "price_minor",
            "older_than_days",
        ]


class PaymentOut(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields = read_only_fields = ["bank_reference", "amount_minor", "received_on"]


class OrderOut(serializers.ModelSerializer[Order]):
    buyer = serializers.CharField(source="buyer.username", read_only=True)
    holder = PartyOut(read_only=True)
    total = serializers.SerializerMethodField()
    paid = serializers.SerializerMethodField()
    due = serializers.SerializerMethodField()
    overpaid = serializers.SerializerMethodField()
    lines = OrderLineOut(many=True, read_only=True)
    payments = PaymentOut(many=True, read_only=True)

    class Meta:
        model = Order
        fields = read_only_fields = [
            "number",
            "state",
            "buyer",
            "holder",
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
    def get_total(self, order: Order) -> Any:
        return {"minor": order.total_minor, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_paid(self, order: Order) -> Any:
        return {"minor": order.paid_minor, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_due(self, order: Order) -> Any:
        due = order.due_minor if order.is_open else 0
        return {"minor": due, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_overpaid(self, order: Order) -> Any:
        return {"minor": order.overpaid_minor, "currency": order.currency}


class InstructionsOut(serializers.Serializer[Any]):
    """Where to send the money, while the order waits for it."""

    recipient = serializers.CharField(read_only=True)
    bank_details = serializers.CharField(read_only=True)
    reference = serializers.CharField(read_only=True)


class OrderDetailOut(OrderOut):
    instructions = serializers.SerializerMethodField()

    class Meta(OrderOut.Meta):
        fields = read_only_fields = [*OrderOut.Meta.fields, "instructions"]

    @extend_schema_field(InstructionsOut(allow_null=True))
    def get_instructions(self, order: Order) -> Any:
        if not order.is_open:
            return None
        return {**self.context["house"], "reference": order.number}


class OrderIn(serializers.Serializer[Any]):
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
