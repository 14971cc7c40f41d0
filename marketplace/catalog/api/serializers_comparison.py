"""The JSON of a comparison of offers: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.models import Audience
from licensing.money import CURRENCIES
from marketplace.catalog.queries.comparison import Choice, SortBy, Unit
from marketplace.kit.keyset import DEFAULT_SIZE, LARGEST_SIZE

KINDS = ["dataset", "model"]
PRICES = ["free", "paid"]


class CompareIn(serializers.Serializer[Any]):
    task = serializers.CharField(
        max_length=96, help_text="Such as image-classification; of the card."
    )
    kind = serializers.ChoiceField(choices=KINDS, default="dataset")
    currency = serializers.ChoiceField(
        choices=sorted(CURRENCIES),
        default="",
        help_text="Without it, that of the installation.",
    )
    unit = serializers.ChoiceField(
        choices=[unit.value for unit in Unit],
        default="",
        help_text="Per 1,000 rows, per seat and month, or per work. Without it, rows for "
        "datasets, else works.",
    )
    audience = serializers.ChoiceField(
        choices=Audience.choices,
        default="",
        help_text="Offers for these people; those for everyone are among them.",
    )
    licence = serializers.CharField(max_length=100, default="", help_text="SPDX id.")
    price = serializers.ChoiceField(choices=PRICES, default="")
    sort = serializers.ChoiceField(
        choices=[sort.value for sort in SortBy], default=SortBy.CHEAPEST.value
    )
    cursor = serializers.CharField(max_length=1000, default="")
    limit = serializers.IntegerField(
        min_value=1, max_value=LARGEST_SIZE, default=DEFAULT_SIZE
    )


class PriceOut(serializers.Serializer[Any]):
    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)
    period = serializers.CharField(
        default="",
        read_only=True,
        help_text="MONTH or YEAR if it is paid for each; else empty.",
    )


class ChoiceOut(serializers.Serializer[Choice]):
    """One way to have a work; without an offer, it is open to all by its licence.

    `unit_price_minor` is in minor units, with parts of one; null where the unit cannot be
    reckoned, as where nobody says how many rows there are.
    """

    kind = serializers.SerializerMethodField()
    namespace = serializers.CharField(source="facts.owner", read_only=True)
    name = serializers.CharField(source="facts.name", read_only=True)
    title = serializers.CharField(source="facts.title", read_only=True)
    work = serializers.UUIDField(source="facts.work_id", read_only=True)
    offer = serializers.UUIDField(
        source="facts.offer_pk", read_only=True, allow_null=True
    )
    offer_title = serializers.CharField(
        source="facts.offer_title", read_only=True, allow_null=True
    )
    audience = serializers.ChoiceField(
        choices=Audience.choices,
        source="facts.audience",
        read_only=True,
        allow_null=True,
    )
    licence = serializers.CharField(source="facts.licence", read_only=True)
    price = serializers.SerializerMethodField()
    unit_price_minor = serializers.DecimalField(
        max_digits=40,
        decimal_places=8,
        normalize_output=True,
        source="facts.unit_minor",
        read_only=True,
        allow_null=True,
    )
    rows = serializers.IntegerField(
        source="facts.rows", read_only=True, allow_null=True
    )
    size_category = serializers.CharField(source="facts.size_category", read_only=True)
    seats = serializers.IntegerField(
        source="facts.seats", read_only=True, allow_null=True
    )
    term_days = serializers.IntegerField(
        source="facts.term_days", read_only=True, allow_null=True
    )
    then = serializers.SerializerMethodField(
        help_text="What it costs when what is free by its policy is over."
    )
    free_places_left = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=KINDS))
    def get_kind(self, choice: Choice) -> str:
        return str(choice.facts["kind"]).lower()

    @extend_schema_field(PriceOut)
    def get_price(self, choice: Choice) -> Any:
        return PriceOut(choice.facts).data

    @extend_schema_field(PriceOut(allow_null=True))
    def get_then(self, choice: Choice) -> Any:
        policy = choice.standing.policy if choice.standing else None
        if policy is None:
            return None
        return {"minor": policy.then_minor, "currency": policy.currency, "period": ""}

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_free_places_left(self, choice: Choice) -> int | None:
        return choice.standing.places_left if choice.standing else None


class OtherCurrencyOut(serializers.Serializer[Any]):
    currency = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)


class ComparisonOut(serializers.Serializer[Any]):
    currency = serializers.CharField(read_only=True)
    unit = serializers.ChoiceField(
        choices=[unit.value for unit in Unit], read_only=True
    )
    results = ChoiceOut(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    other_currencies = OtherCurrencyOut(many=True, read_only=True)
