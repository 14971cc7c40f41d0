"""The JSON of prices over time: `…In` we accept, `…Out` we answer."""

from typing import Any

from rest_framework import serializers

from licensing.api.serializers.money import MoneyIn, MoneyOf, MoneyOut
from licensing.freemium import Freemium, Rule
from licensing.models import (
    FreemiumPolicy,
    FreemiumRule,
    Period,
    PriceKind,
    PriceVersion,
)
from licensing.models.pricing import LONGEST_NOTICE
from licensing.services import Asking
from licensing.services.price_checks import LARGEST_PRICE, LONGEST_WORDS, MOST_COUNTED


class PriceVersionOut(serializers.ModelSerializer[PriceVersion]):
    period = serializers.ChoiceField(Period.choices, allow_blank=True, read_only=True)

    class Meta:
        model = PriceVersion
        fields = read_only_fields = [
            "number",
            "kind",
            "minor",
            "currency",
            "suggested_minor",
            "cap_minor",
            "period",
            "valid_from",
            "decision",
        ]


class PolicyOut(serializers.ModelSerializer[FreemiumPolicy]):
    then = MoneyOf("then_minor")
    effect_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = FreemiumPolicy
        fields = read_only_fields = [
            "number",
            "rule",
            "places",
            "last_free_date",
            "older_than_days",
            "then",
            "notice_days",
            "public_text",
            "words",
            "reasons",
            "decision",
            "announced_at",
            "effect_at",
        ]


class ReductionOut(serializers.Serializer[Any]):
    """A price shown as reduced: since when, and the lowest of the 30 days before."""

    since = serializers.DateTimeField(source="price.valid_from", read_only=True)
    lowest_before = MoneyOut(read_only=True)


class StandingOut(serializers.Serializer[Any]):
    """What an offer costs now, what is announced, and the policy it follows from."""

    now = PriceVersionOut(source="price", read_only=True)
    lowest_30_days = MoneyOut(source="lowest", read_only=True)
    reduction = ReductionOut(read_only=True, allow_null=True)
    next_price = PriceVersionOut(read_only=True, allow_null=True)
    policy = PolicyOut(read_only=True, allow_null=True)
    coming_policy = PolicyOut(source="coming", read_only=True, allow_null=True)
    free_places_taken = serializers.IntegerField(source="places_taken", read_only=True)
    free_places_left = serializers.IntegerField(
        source="places_left", read_only=True, allow_null=True
    )


class FreemiumIn(serializers.Serializer[Any]):
    """What is free, by one of the rules; only the field that its rule asks for."""

    rule = serializers.ChoiceField(choices=FreemiumRule.choices)
    places = serializers.IntegerField(
        min_value=1,
        max_value=MOST_COUNTED,
        required=False,
        allow_null=True,
        default=None,
        help_text="How many orders are free, for FIRST_ORDERS.",
    )
    last_free_date = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The last free day, in UTC, for UNTIL_DATE.",
    )
    older_than_days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_COUNTED,
        required=False,
        allow_null=True,
        default=None,
        help_text="After how many days a version is free, for OLDER_VERSIONS.",
    )
    notice_days = serializers.IntegerField(min_value=0, max_value=LONGEST_NOTICE)
    words = serializers.CharField(
        max_length=LONGEST_WORDS, required=False, allow_blank=True, default=""
    )


class PolicyIn(FreemiumIn):
    price = MoneyIn(help_text="What it costs otherwise; above zero.")
    decision = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )


class AskingIn(serializers.Serializer[Any]):
    """How a price is meant; one that is paid once says nothing of it."""

    price_kind = serializers.ChoiceField(
        choices=PriceKind.choices,
        required=False,
        default=PriceKind.FIXED,
        help_text="The price is the least of PAY_WHAT_YOU_WANT, and that of one period.",
    )
    suggested_minor = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_PRICE,
        required=False,
        allow_null=True,
        default=None,
        help_text="What you suggest to pay, for PAY_WHAT_YOU_WANT.",
    )
    period = serializers.ChoiceField(
        choices=Period.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="MONTH or YEAR for RECURRING; USE, 1,000 requests, for METERED.",
    )
    cap_minor = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_PRICE,
        required=False,
        allow_null=True,
        default=None,
        help_text="The most for one month, for METERED.",
    )


def asking_of(said: dict[str, Any]) -> Asking:
    """Return what an `AskingIn` read."""
    return Asking(
        PriceKind(said["price_kind"]),
        said["suggested_minor"],
        said["period"],
        said["cap_minor"],
    )


class ChangePriceIn(AskingIn, MoneyIn):
    decision = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )


def freemium_of(said: dict[str, Any]) -> Freemium:
    """Return what a `FreemiumIn` says."""
    return Freemium(
        rule=Rule(said["rule"]),
        notice_days=said["notice_days"],
        places=said["places"],
        last_free_date=said["last_free_date"],
        older_than_days=said["older_than_days"],
        words=said["words"],
    )
