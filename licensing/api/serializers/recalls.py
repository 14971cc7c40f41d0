"""The JSON of recalls and decisions: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.models import (
    LicenceDecision,
    Recall,
    RecallKind,
    RecallVoice,
    Relation,
    WithdrawnDerivation,
)
from licensing.queries import Flag
from licensing.services.decisions import LONGEST_DECISION, MOST_PROPOSED
from licensing.services.recalls import LONGEST_REASON


def _named(recall: Recall) -> str | None:
    """Return who recalled a work for its owner; of operators no name is told."""
    is_owners = recall.voice == RecallVoice.OWNER
    return recall.recalled_by.username if is_owners else None


class RecallIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(RecallKind.choices)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class RecallOut(serializers.ModelSerializer[Recall]):
    """A recall of a work, in whose name it was made, and how it ended if it did."""

    recalled_by = serializers.SerializerMethodField(
        help_text="Who said it for the owner; of operators no name is told."
    )

    class Meta:
        model = Recall
        fields = read_only_fields = [
            "id",
            "kind",
            "voice",
            "reason",
            "recalled_by",
            "recalled_at",
            "lifted_at",
            "lifting_reason",
        ]

    def get_recalled_by(self, recall: Recall) -> str | None:
        return _named(recall)


class FlaggingWorkOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)


class FlagOut(serializers.Serializer[Flag]):
    """A recall that reaches a work. Empty parts are not the caller's to know."""

    kind = serializers.ChoiceField(
        RecallKind.choices, source="recall.kind", read_only=True
    )
    voice = serializers.ChoiceField(
        RecallVoice.choices, source="recall.voice", read_only=True
    )
    recalled_by = serializers.SerializerMethodField()
    recalled_at = serializers.DateTimeField(source="recall.recalled_at", read_only=True)
    work = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    path = serializers.ListField(
        child=FlaggingWorkOut(allow_null=True),
        read_only=True,
        help_text="From the recalled work down to a source of this one; empty where this "
        "one was recalled itself.",
    )

    def get_recalled_by(self, flag: Flag) -> str | None:
        """Who said it for the owner."""
        return _named(flag.recall) if flag.is_named else None

    @extend_schema_field(FlaggingWorkOut(allow_null=True))
    def get_work(self, flag: Flag) -> Any:
        return FlaggingWorkOut(flag.recall.work).data if flag.is_named else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_reason(self, flag: Flag) -> str | None:
        return flag.recall.reason if flag.is_named else None


class ProposedIn(serializers.Serializer[Any]):
    source = serializers.UUIDField()  # type: ignore[assignment]  # a wire name
    relation = serializers.ChoiceField(Relation.choices)


class LicenceIn(serializers.Serializer[Any]):
    licence = serializers.CharField(
        max_length=100,
        allow_blank=True,
        help_text="An SPDX id, or terms the owner declared; empty for none.",
    )
    decision = serializers.CharField(
        max_length=LONGEST_DECISION, allow_blank=True, default=""
    )


class LicenceDecisionIn(serializers.Serializer[Any]):
    licence = serializers.CharField(max_length=100)
    is_sold = serializers.BooleanField(default=False)
    sources = ProposedIn(many=True, required=False, default=list)
    decision = serializers.CharField(max_length=LONGEST_DECISION)

    def validate_sources(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(given) > MOST_PROPOSED:
            raise serializers.ValidationError(f"Name at most {MOST_PROPOSED}.")
        return given


class LicenceDecisionOut(serializers.ModelSerializer[LicenceDecision]):
    licence = serializers.CharField(source="licence_id", read_only=True)
    decision = serializers.CharField(source="words", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True)

    class Meta:
        model = LicenceDecision
        fields = read_only_fields = [
            "id",
            "licence",
            "is_sold",
            "reasons",
            "decision",
            "decided_by",
            "decided_at",
        ]


class WithdrawnSourceOut(serializers.ModelSerializer[WithdrawnDerivation]):
    """A source that was recorded and taken back, and why."""

    id = serializers.UUIDField(source="source_id", read_only=True)
    title = serializers.CharField(source="source.title", read_only=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by.username", read_only=True)

    class Meta:
        model = WithdrawnDerivation
        fields = read_only_fields = [
            "id",
            "title",
            "relation",
            "changes",
            "origin",
            "recorded_at",
            "withdrawn_by",
            "withdrawn_at",
            "reason",
            "live_offers",
        ]
