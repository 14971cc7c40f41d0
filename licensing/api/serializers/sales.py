"""The JSON of sales: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.models import OrderState, Share


class SaleOut(serializers.Serializer[Any]):
    """Amounts in minor units; `buyer` is null where it is not yours to know."""

    sold_at = serializers.DateTimeField(source="booked.occurred_at", read_only=True)
    order = serializers.CharField(source="line.order.number", read_only=True)
    state = serializers.ChoiceField(
        source="line.order.state", choices=OrderState.choices, read_only=True
    )
    party = PartyOut(source="booked.account.party", read_only=True)
    buyer = serializers.SerializerMethodField()
    work = serializers.UUIDField(
        source="line.offer_version.offer.work_id", read_only=True
    )
    work_title = serializers.CharField(source="line.work_title", read_only=True)
    offer = serializers.UUIDField(source="line.offer_version.offer_id", read_only=True)
    offer_title = serializers.CharField(source="line.offer_title", read_only=True)
    quantity = serializers.IntegerField(source="line.quantity", read_only=True)
    currency = serializers.CharField(source="booked.currency", read_only=True)
    price_minor = serializers.IntegerField(source="line.price_minor", read_only=True)
    discount_minor = serializers.IntegerField(
        source="line.discount_minor", read_only=True
    )
    tax_minor = serializers.IntegerField(source="line.tax_minor", read_only=True)
    fee_minor = serializers.IntegerField(source="line.fee_minor", read_only=True)
    earned_minor = serializers.IntegerField(read_only=True)
    given_back_minor = serializers.IntegerField(read_only=True)
    kept_minor = serializers.IntegerField(read_only=True)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_buyer(self, sale: Any) -> Any:
        return sale.buyer or None


class MonthOut(serializers.Serializer[Any]):
    month = serializers.DateField(
        source="first", read_only=True, help_text="Its first day."
    )
    currency = serializers.CharField(read_only=True)
    earned_minor = serializers.IntegerField(read_only=True)
    given_back_minor = serializers.IntegerField(read_only=True)
    kept_minor = serializers.IntegerField(read_only=True)


class ListingRevenueOut(serializers.Serializer[Any]):
    work = serializers.UUIDField(source="work_id", read_only=True)
    work_title = serializers.CharField(read_only=True)
    offer = serializers.UUIDField(source="offer_id", read_only=True)
    offer_title = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    sale_count = serializers.IntegerField(read_only=True)
    kept_minor = serializers.IntegerField(read_only=True)


class RevenueOut(serializers.Serializer[Any]):
    """Months in which nothing was booked are left out; so are all but twelve offers."""

    months = MonthOut(many=True, read_only=True)
    listings = ListingRevenueOut(many=True, read_only=True)


class ShareHeldOut(serializers.ModelSerializer[Share]):
    work = serializers.UUIDField(source="share_set.work_id", read_only=True)
    work_title = serializers.CharField(source="share_set.work.title", read_only=True)
    party = PartyOut(read_only=True)
    active_from = serializers.DateTimeField(
        source="share_set.active_from", read_only=True
    )

    class Meta:
        model = Share
        fields = read_only_fields = [
            "work",
            "work_title",
            "party",
            "basis_points",
            "active_from",
        ]
