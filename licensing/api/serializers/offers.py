"""The JSON of offers: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.conditions import (
    ConditionsIn,
    ConditionsOut,
    PrivateIn,
    PrivateOut,
    ProposedOut,
    conditions_of,
    private_json,
    private_to_of,
)
from licensing.api.serializers.licences import GridRowOut, grid_rows
from licensing.api.serializers.money import MoneyIn, MoneyOut, PartyOut
from licensing.api.serializers.pricing import AskingIn, FreemiumIn, StandingOut
from licensing.conditions import Conditions
from licensing.models import Audience, Offer
from licensing.services import OfferTerms


class OfferOut(serializers.ModelSerializer[Offer]):
    work = serializers.UUIDField(source="work_id", read_only=True)
    version = serializers.UUIDField(source="terms_id", read_only=True)
    title = serializers.CharField(source="terms.title", read_only=True)
    summary = serializers.CharField(source="terms.summary", read_only=True)
    audience = serializers.ChoiceField(
        choices=Audience.choices, source="terms.audience", read_only=True
    )
    licence = serializers.CharField(source="terms.licence_id", read_only=True)
    licence_sha256 = serializers.CharField(
        source="terms.licence_text_id", read_only=True
    )
    terms_sha256 = serializers.CharField(
        source="terms.terms_text_id",
        allow_null=True,
        read_only=True,
        help_text="Of what the offer adds to its licence, if it adds anything.",
    )
    price = serializers.SerializerMethodField()
    pricing = serializers.SerializerMethodField()
    conditions = ConditionsOut(source="terms.conditions", read_only=True)
    private = serializers.SerializerMethodField()
    duties = serializers.ListField(
        child=serializers.CharField(), source="terms.duties", read_only=True
    )
    reasons = serializers.ListField(
        child=serializers.CharField(), source="terms.reasons", read_only=True
    )
    decision = serializers.CharField(source="terms.decision", read_only=True)

    class Meta:
        model = Offer
        fields = read_only_fields = [
            "id",
            "work",
            "code",
            "state",
            "version",
            "title",
            "summary",
            "audience",
            "licence",
            "licence_sha256",
            "terms_sha256",
            "price",
            "pricing",
            "conditions",
            "private",
            "duties",
            "reasons",
            "decision",
            "drafted_at",
            "live_from",
            "withdrawn_at",
        ]

    @extend_schema_field(MoneyOut)
    def get_price(self, offer: Offer) -> Any:
        return MoneyOut(self.context["standings"][offer.pk].price).data

    @extend_schema_field(StandingOut)
    def get_pricing(self, offer: Offer) -> Any:
        return StandingOut(self.context["standings"][offer.pk]).data

    @extend_schema_field(PrivateOut(allow_null=True))
    def get_private(self, offer: Offer) -> Any:
        return private_json(offer.terms)


class OfferDetailOut(OfferOut):
    """An offer with its text and grid; `proposed` is for those with a stake alone."""

    licence_text = serializers.CharField(
        source="terms.licence_text.body", read_only=True
    )
    terms_text = serializers.CharField(
        source="terms.terms_text.body", default=None, allow_null=True, read_only=True
    )
    grid = serializers.SerializerMethodField()
    awaiting = serializers.SerializerMethodField()
    proposed = serializers.SerializerMethodField()

    class Meta(OfferOut.Meta):
        fields = read_only_fields = [
            *OfferOut.Meta.fields,
            "licence_text",
            "terms_text",
            "grid",
            "awaiting",
            "proposed",
        ]

    @extend_schema_field(GridRowOut(many=True, allow_null=True))
    def get_grid(self, offer: Offer) -> Any:
        rows = grid_rows(offer.terms.licence_id, offer.terms.conditions())
        return None if rows is None else GridRowOut(rows, many=True).data

    @extend_schema_field(ProposedOut(allow_null=True))
    def get_proposed(self, offer: Offer) -> Any:
        if offer.proposed is None or not self.context["has_stake"]:
            return None
        return ProposedOut(offer.proposed).data

    @extend_schema_field(PartyOut(many=True))
    def get_awaiting(self, _: Offer) -> Any:
        return PartyOut(self.context["awaiting"], many=True).data


class OfferTermsIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    summary = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )
    audience = serializers.ChoiceField(choices=Audience.choices)
    licence = serializers.CharField(max_length=100)
    conditions = ConditionsIn(required=False, allow_null=True, default=None)
    private = PrivateIn(required=False, allow_null=True, default=None)
    decision = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )


class OfferIn(AskingIn, OfferTermsIn):
    code = serializers.SlugField(max_length=50)
    price = MoneyIn(help_text="With `freemium`, what it costs otherwise; above zero.")
    freemium = FreemiumIn(required=False, allow_null=True, default=None)


def offer_terms_of(said: dict[str, Any]) -> OfferTerms:
    """Return what `OfferTermsIn` read.

    Raises:
        Malformed: nobody here has the name of whom it is made to.
    """
    conditions = said["conditions"]
    return OfferTerms(
        title=said["title"],
        audience=said["audience"],
        licence_id=said["licence"],
        summary=said["summary"],
        decision=said["decision"],
        conditions=conditions_of(conditions) if conditions else Conditions(),
        private_to=private_to_of(said["private"]),
    )
