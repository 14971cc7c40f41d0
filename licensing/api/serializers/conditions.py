"""The JSON of what an offer says beside its licence: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.conditions import (
    LONGEST_PATTERN,
    MOST_DAYS,
    MOST_PATTERNS,
    MOST_SEATS,
    Conditions,
    Insights,
)
from licensing.declared import Whose
from licensing.http import party_named
from licensing.models import OfferVersion, ResultsRule
from licensing.services import PrivateTo
from licensing.services.offer_terms import LONGEST_MESSAGE


class InsightsIn(serializers.Serializer[Any]):
    """Whose what is drawn from the work is, and what its buyer may do with that."""

    belong_to = serializers.ChoiceField(
        choices=ResultsRule.choices, required=False, default=ResultsRule.TAKER
    )
    may_train = serializers.BooleanField(required=False, default=True)
    may_publish = serializers.BooleanField(required=False, default=True)
    may_sell = serializers.BooleanField(required=False, default=True)
    must_report = serializers.BooleanField(required=False, default=False)


class ConditionsIn(serializers.Serializer[Any]):
    seats = serializers.IntegerField(
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        allow_null=True,
        default=None,
        help_text="How many people may use it; null is one, or a whole organisation.",
    )
    term_days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        allow_null=True,
        default=None,
        help_text="How long from the grant on; null is without an end.",
    )
    includes_updates = serializers.BooleanField(required=False, default=True)
    territories = serializers.ListField(
        child=serializers.CharField(max_length=2),
        max_length=250,
        required=False,
        default=list,
        help_text="Codes of ISO 3166-1 or EU; empty is everywhere.",
    )
    insights = InsightsIn(
        required=False,
        allow_null=True,
        default=None,
        help_text="Null where the licence alone decides.",
    )
    trial_days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        allow_null=True,
        default=None,
        help_text="How long it may be tried free, once.",
    )
    sample = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_PATTERN),
        max_length=MOST_PATTERNS,
        required=False,
        default=list,
        help_text="Patterns of paths that are free to take without an order.",
    )


class PrivateIn(serializers.Serializer[Any]):
    """Whom alone an offer is made to, until when."""

    party = serializers.CharField(
        max_length=96, help_text="The name of a person or an organisation here."
    )
    expires_at = serializers.DateTimeField()
    message = serializers.CharField(
        max_length=LONGEST_MESSAGE, allow_blank=True, required=False, default=""
    )


def conditions_of(said: dict[str, Any]) -> Conditions:
    """Return what `ConditionsIn` read."""
    rights = said.get("insights")
    if rights:
        rights = Insights(**{**rights, "belong_to": Whose(rights["belong_to"])})
    return Conditions(
        seats=said["seats"],
        term_days=said["term_days"],
        includes_updates=said["includes_updates"],
        territories=tuple(said["territories"]),
        insights=rights,
        trial_days=said["trial_days"],
        sample=tuple(said["sample"]),
    )


def private_to_of(said: dict[str, Any] | None) -> PrivateTo | None:
    """Return what `PrivateIn` read.

    Raises:
        Malformed: nobody here has the party's name.
    """
    if said is None:
        return None
    party = party_named(said["party"], field="private.party")
    return PrivateTo(party, said["expires_at"], said["message"])


class InsightsOut(serializers.Serializer[Insights]):
    belong_to = serializers.ChoiceField(
        choices=ResultsRule.choices, source="belong_to.value", read_only=True
    )
    may_train = serializers.BooleanField(read_only=True)
    may_publish = serializers.BooleanField(read_only=True)
    may_sell = serializers.BooleanField(read_only=True)
    must_report = serializers.BooleanField(read_only=True)


class ConditionsOut(serializers.Serializer[Conditions]):
    """What an offer says beside its licence; `told` is the same in sentences."""

    seats = serializers.IntegerField(read_only=True, allow_null=True)
    term_days = serializers.IntegerField(read_only=True, allow_null=True)
    includes_updates = serializers.BooleanField(read_only=True)
    territories = serializers.ListField(child=serializers.CharField(), read_only=True)
    insights = InsightsOut(read_only=True, allow_null=True)
    trial_days = serializers.IntegerField(read_only=True, allow_null=True)
    sample = serializers.ListField(child=serializers.CharField(), read_only=True)
    told = serializers.ListField(child=serializers.CharField(), read_only=True)


class PrivateOut(serializers.Serializer[OfferVersion]):
    party = PartyOut(source="for_party", read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)
    message = serializers.CharField(read_only=True)


class ProposedOut(serializers.ModelSerializer[OfferVersion]):
    """New terms of an offer, while they wait for rights holders."""

    licence = serializers.CharField(source="licence_id", read_only=True)
    licence_sha256 = serializers.CharField(source="licence_text_id", read_only=True)
    conditions = ConditionsOut(read_only=True)
    private = serializers.SerializerMethodField()

    class Meta:
        model = OfferVersion
        fields = read_only_fields = [
            "id",
            "number",
            "title",
            "summary",
            "audience",
            "licence",
            "licence_sha256",
            "conditions",
            "private",
            "duties",
            "reasons",
            "decision",
            "written_at",
        ]

    @extend_schema_field(PrivateOut(allow_null=True))
    def get_private(self, version: OfferVersion) -> Any:
        return private_json(version)


def private_json(version: OfferVersion) -> Any:
    """Return whom alone it is made to, or None."""
    return PrivateOut(version).data if version.for_party_id else None
