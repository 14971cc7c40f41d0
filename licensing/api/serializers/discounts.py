"""The JSON of discounts: `…In` we accept, `…Out` we answer."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.models import Discount
from licensing.services import DiscountTerms
from licensing.services.discounts import MOST_DOMAINS, MOST_OFFERS, MOST_USES
from licensing.services.price_checks import LARGEST_PRICE


class DiscountOut(serializers.ModelSerializer[Discount]):
    """A code; `issuer` is null for the operator's, and no `offers` means all."""

    issuer = PartyOut(read_only=True, allow_null=True)
    offers = serializers.PrimaryKeyRelatedField[Any](many=True, read_only=True)

    class Meta:
        model = Discount
        fields = read_only_fields = [
            "id",
            "code",
            "issuer",
            "offers",
            "percent_bps",
            "amount_minor",
            "currency",
            "domains",
            "valid_from",
            "valid_until",
            "max_uses",
            "max_uses_each",
            "uses",
            "made_at",
            "closed_at",
        ]


class DiscountIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)
    issuer = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="The owner of the offers, by name; empty is the operator.",
    )
    offers = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=MOST_OFFERS,
        help_text="None means all, which is for the operator alone.",
    )
    percent_bps = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=10_000
    )
    amount_minor = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_PRICE,
    )
    currency = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=3
    )
    domains = serializers.ListField(
        child=serializers.CharField(max_length=254),
        required=False,
        default=list,
        max_length=MOST_DOMAINS,
        help_text="For people with a confirmed address there, such as uoa.gr.",
    )
    valid_from = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Null is now."
    )
    valid_until = serializers.DateTimeField(
        required=False, allow_null=True, default=None
    )
    max_uses = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_USES
    )
    max_uses_each = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_USES
    )


def discount_terms_of(said: dict[str, Any]) -> DiscountTerms:
    """Return what a `DiscountIn` read."""
    return DiscountTerms(
        valid_from=said["valid_from"] or timezone.now(),
        percent_bps=said["percent_bps"],
        amount_minor=said["amount_minor"],
        currency=said["currency"],
        domains=said["domains"],
        valid_until=said["valid_until"],
        max_uses=said["max_uses"],
        max_uses_each=said["max_uses_each"],
    )
