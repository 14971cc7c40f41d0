"""The JSON of terms that owners declare: `…In` we accept, `…Out` we answer."""

from typing import Any

from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.models import ResultsRule, TermsVersion, TrainingRule
from licensing.services.declared import LONGEST_WORDS, MOST_COUNTED


class TermsVersionIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=150)
    permits_redistribution = serializers.BooleanField(default=False)
    permits_derivatives = serializers.BooleanField(default=False)
    permits_commercial_use = serializers.BooleanField(default=False)
    training = serializers.ChoiceField(
        choices=TrainingRule.choices, default=TrainingRule.NO
    )
    results_are = serializers.ChoiceField(
        choices=ResultsRule.choices, default=ResultsRule.TAKER
    )
    asks_credit = serializers.BooleanField(default=False)
    is_revocable = serializers.BooleanField(default=False)
    seats = serializers.IntegerField(
        min_value=1, max_value=MOST_COUNTED, allow_null=True, default=None
    )
    term_days = serializers.IntegerField(
        min_value=1, max_value=MOST_COUNTED, allow_null=True, default=None
    )
    territory = serializers.CharField(max_length=200, allow_blank=True, default="")
    restrictions = serializers.CharField(
        max_length=LONGEST_WORDS, allow_blank=True, default=""
    )
    further = serializers.CharField(
        max_length=LONGEST_WORDS, allow_blank=True, default=""
    )


class TermsIn(TermsVersionIn):
    owner = serializers.CharField(
        max_length=96, help_text="The name of a person or an organisation."
    )


class TermsVersionOut(serializers.ModelSerializer[TermsVersion]):
    """One version; `licence` is its id in offers, `text` what people accept."""

    id = serializers.UUIDField(source="terms_id", read_only=True)
    owner = PartyOut(source="terms.owner", read_only=True)
    title = serializers.CharField(source="declared.title", read_only=True)
    licence = serializers.CharField(source="licence_id", read_only=True)
    text_sha256 = serializers.CharField(source="licence.text_id", read_only=True)
    text = serializers.CharField(source="licence.text.body", read_only=True)

    class Meta:
        model = TermsVersion
        fields = read_only_fields = [
            "id",
            "owner",
            "title",
            "number",
            "licence",
            "permits_redistribution",
            "permits_derivatives",
            "permits_commercial_use",
            "training",
            "results_are",
            "asks_credit",
            "is_revocable",
            "seats",
            "term_days",
            "territory",
            "restrictions",
            "further",
            "text_sha256",
            "text",
            "written_at",
        ]
