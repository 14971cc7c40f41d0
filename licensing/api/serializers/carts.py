"""The JSON of carts and subscriptions: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import MoneyOf, MoneyOut, PartyOut
from licensing.api.serializers.orders import TaxOut, WishesIn
from licensing.models import CartItem, Subscription, Usage
from licensing.services import FilledCart
from licensing.services.metering import due_minor
from licensing.services.orders import MOST_LINES


class CartIn(WishesIn):
    offers = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=True, max_length=MOST_LINES
    )
    holder = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if you buy for it.",
    )


class CartOrderIn(serializers.Serializer[Any]):
    holder = serializers.CharField(
        max_length=96, required=False, allow_blank=True, default=""
    )


class CartItemOut(serializers.ModelSerializer[CartItem]):
    offer = serializers.UUIDField(source="offer_id", read_only=True)
    offer_title = serializers.CharField(source="offer.terms.title", read_only=True)
    work = serializers.UUIDField(source="offer.work_id", read_only=True)
    work_title = serializers.CharField(source="offer.work.title", read_only=True)

    class Meta:
        model = CartItem
        fields = read_only_fields = [
            "offer",
            "offer_title",
            "work",
            "work_title",
            "quantity",
            "amount_minor",
        ]


class QuoteLineOut(serializers.Serializer[Any]):
    price_minor = serializers.IntegerField(read_only=True)
    discount_minor = serializers.IntegerField(read_only=True)
    tax_minor = serializers.IntegerField(read_only=True)


class QuoteOut(serializers.Serializer[Any]):
    """What a cart comes to now; its lines are in the order of the items."""

    lines = QuoteLineOut(source="totals.lines", many=True, read_only=True)
    subtotal = MoneyOf("totals.subtotal_minor")
    discount = MoneyOf("totals.discount_minor")
    tax = serializers.SerializerMethodField()
    total = MoneyOf("totals.total_minor")

    @extend_schema_field(TaxOut)
    def get_tax(self, quote: Any) -> Any:
        return {
            "minor": quote.totals.tax_minor,
            "currency": quote.currency,
            "country": quote.totals.tax.country,
            "bps": quote.totals.tax.bps,
            "is_included": quote.totals.tax.is_included,
            "vat_id": quote.vat_id,
        }


class CartOut(serializers.Serializer[FilledCart]):
    holder = PartyOut(source="cart.holder", read_only=True)
    items = CartItemOut(many=True, read_only=True)
    code = serializers.CharField(
        source="cart.discount.code", default=None, allow_null=True, read_only=True
    )
    country = serializers.CharField(
        read_only=True,
        help_text="Empty if neither the cart nor billing details say it.",
    )
    vat_id = serializers.CharField(read_only=True)
    quote = QuoteOut(allow_null=True, read_only=True)
    refusal = serializers.CharField(
        read_only=True,
        help_text="Why it could not be ordered as it is; empty if it can.",
    )


class SubscriptionOut(serializers.ModelSerializer[Subscription]):
    holder = PartyOut(read_only=True)
    work = serializers.UUIDField(source="offer.work_id", read_only=True)
    work_title = serializers.CharField(source="offer.work.title", read_only=True)
    offer_title = serializers.CharField(source="first_line.offer_title", read_only=True)
    period = serializers.CharField(
        source="first_line.price_version.period", read_only=True
    )
    price = serializers.SerializerMethodField()
    order = serializers.CharField(source="first_line.order.number", read_only=True)

    class Meta:
        model = Subscription
        fields = read_only_fields = [
            "id",
            "holder",
            "work",
            "work_title",
            "offer",
            "offer_title",
            "order",
            "price",
            "period",
            "started_at",
            "paid_until",
            "stopped_at",
            "stopped_because",
            "ended_at",
        ]

    @extend_schema_field(MoneyOut)
    def get_price(self, subscription: Subscription) -> Any:
        line = subscription.first_line
        price = line.price_version
        return {"minor": price.minor * line.quantity, "currency": price.currency}


class MonthlyUseOut(serializers.ModelSerializer[Usage]):
    offer = serializers.UUIDField(source="entitlement.offer_id", read_only=True)
    work = serializers.UUIDField(source="entitlement.offer.work_id", read_only=True)
    work_title = serializers.CharField(
        source="entitlement.offer.work.title", read_only=True
    )
    due = serializers.SerializerMethodField()
    cap_minor = serializers.IntegerField(
        source="entitlement.line.price_version.cap_minor",
        read_only=True,
        allow_null=True,
    )
    order = serializers.CharField(
        source="line.order.number", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Usage
        fields = read_only_fields = [
            "month",
            "work",
            "work_title",
            "offer",
            "requests",
            "due",
            "cap_minor",
            "order",
        ]

    @extend_schema_field(MoneyOut)
    def get_due(self, usage: Usage) -> Any:
        price = usage.entitlement.line.price_version
        return {"minor": due_minor(price, usage.requests), "currency": price.currency}
