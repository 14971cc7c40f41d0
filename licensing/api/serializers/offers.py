"""The JSON of offers: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import MoneyIn, MoneyOut, PartyOut
from licensing.models import Audience, Offer


class OfferOut(serializers.ModelSerializer[Offer]):
    work = serializers.UUIDField(source="work_id", read_only=True)
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
    price = MoneyOut(read_only=True)
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
            "title",
            "summary",
            "audience",
            "licence",
            "licence_sha256",
            "terms_sha256",
            "price",
            "duties",
            "reasons",
            "decision",
            "drafted_at",
            "live_from",
            "withdrawn_at",
        ]


class OfferDetailOut(OfferOut):
    licence_text = serializers.CharField(
        source="terms.licence_text.body", read_only=True
    )
    terms_text = serializers.CharField(
        source="terms.terms_text.body", default=None, allow_null=True, read_only=True
    )
    awaiting = serializers.SerializerMethodField()

    class Meta(OfferOut.Meta):
        fields = read_only_fields = [
            *OfferOut.Meta.fields,
            "licence_text",
            "terms_text",
            "awaiting",
        ]

    @extend_schema_field(PartyOut(many=True))
    def get_awaiting(self, _: Offer) -> Any:
        return PartyOut(self.context["awaiting"], many=True).data


class OfferIn(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=50)
    title = serializers.CharField(max_length=200)
    summary = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )
    audience = serializers.ChoiceField(choices=Audience.choices)
    licence = serializers.CharField(max_length=100)
    price = MoneyIn()
    decision = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )
