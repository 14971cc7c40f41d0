"""The JSON of works, shares and sources: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.licences import GridRowOut, grid_rows
from licensing.api.serializers.money import PartyOut
from licensing.api.serializers.recalls import FlagOut, WithdrawnSourceOut
from licensing.models import Derivation, Relation, Share, ShareSet, Work
from licensing.queries import Lineage
from licensing.services.decisions import LONGEST_DECISION

MOST_HOLDERS = 100


class IncomeShareOut(serializers.ModelSerializer[Share]):
    party = PartyOut(read_only=True)

    class Meta:
        model = Share
        fields = read_only_fields = ["party", "basis_points"]


class ShareSetOut(serializers.ModelSerializer[ShareSet]):
    shares = IncomeShareOut(many=True, read_only=True)

    class Meta:
        model = ShareSet
        fields = read_only_fields = [
            "id",
            "shares",
            "statement",
            "proposed_at",
            "active_from",
            "closed_at",
        ]


class IncomeShareIn(serializers.Serializer[Any]):
    holder = serializers.CharField(
        max_length=96, help_text="The name of a person or an organisation."
    )
    basis_points = serializers.IntegerField(min_value=1, max_value=10_000)


class SharesIn(serializers.Serializer[Any]):
    shares = IncomeShareIn(many=True, allow_empty=False)

    def validate_shares(self, shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(shares) > MOST_HOLDERS:
            raise serializers.ValidationError(f"Name at most {MOST_HOLDERS} holders.")
        named = [share["holder"].lower() for share in shares]
        if len(set(named)) < len(named):
            raise serializers.ValidationError("Name each holder once.")
        return shares


class SourceOut(serializers.ModelSerializer[Derivation]):
    id = serializers.UUIDField(source="source_id", read_only=True)
    title = serializers.CharField(source="source.title", read_only=True)
    licence = serializers.CharField(
        source="source.licence_id", read_only=True, allow_null=True
    )

    class Meta:
        model = Derivation
        fields = read_only_fields = [
            "id",
            "title",
            "licence",
            "relation",
            "changes",
            "origin",
        ]


class SourceIn(serializers.Serializer[Any]):
    source = serializers.UUIDField()  # type: ignore[assignment]  # a wire name
    relation = serializers.ChoiceField(choices=Relation.choices)
    changes = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )
    decision = serializers.CharField(
        max_length=LONGEST_DECISION,
        allow_blank=True,
        default="",
        help_text="Why it is right to go on, where it leaves what is out in doubt.",
    )


class WorkOut(serializers.ModelSerializer[Work]):
    owner = PartyOut(read_only=True)
    licence = serializers.CharField(
        source="licence_id", read_only=True, allow_null=True
    )
    grid = serializers.SerializerMethodField()
    shares = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    hidden_sources = serializers.SerializerMethodField()
    withdrawn_sources = serializers.SerializerMethodField()
    flags = serializers.SerializerMethodField()

    class Meta:
        model = Work
        fields = read_only_fields = [
            "id",
            "title",
            "owner",
            "licence",
            "grid",
            "shares",
            "sources",
            "hidden_sources",
            "withdrawn_sources",
            "flags",
            "is_listed",
            "registered_at",
        ]

    @extend_schema_field(GridRowOut(many=True, allow_null=True))
    def get_grid(self, work: Work) -> Any:
        rows = grid_rows(work.licence_id)
        return None if rows is None else GridRowOut(rows, many=True).data

    @extend_schema_field(IncomeShareOut(many=True))
    def get_shares(self, _: Work) -> Any:
        return IncomeShareOut(self.context["shares"], many=True).data

    @extend_schema_field(SourceOut(many=True))
    def get_sources(self, _: Work) -> Any:
        return SourceOut(self.context["sources"], many=True).data

    def get_hidden_sources(self, _: Work) -> int:
        """How many more sources there are that the caller may not see."""
        return int(self.context["hidden_sources"])

    @extend_schema_field(WithdrawnSourceOut(many=True))
    def get_withdrawn_sources(self, _: Work) -> Any:
        return WithdrawnSourceOut(self.context["withdrawn"], many=True).data

    @extend_schema_field(FlagOut(many=True))
    def get_flags(self, _: Work) -> Any:
        """The recalls of it and of what it was made from, the newest first."""
        return FlagOut(self.context["flags"], many=True).data


class LineageWorkOut(serializers.ModelSerializer[Work]):
    owner = PartyOut(read_only=True)
    licence = serializers.CharField(
        source="licence_id", read_only=True, allow_null=True
    )

    is_recalled = serializers.SerializerMethodField()
    is_flagged = serializers.SerializerMethodField()

    class Meta:
        model = Work
        fields = read_only_fields = [
            "id",
            "title",
            "owner",
            "licence",
            "is_recalled",
            "is_flagged",
        ]

    def get_is_recalled(self, work: Work) -> bool:
        return bool(self.context["reached"].get(work.pk))

    def get_is_flagged(self, work: Work) -> bool:
        """Whether it is recalled, or made from what is, through any generations."""
        return work.pk in self.context["reached"]


class LineageEdgeOut(serializers.ModelSerializer[Derivation]):
    work_id = serializers.UUIDField(read_only=True)
    source_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Derivation
        fields = read_only_fields = [
            "work_id",
            "source_id",
            "relation",
            "changes",
            "recorded_at",
        ]


class LineageOut(serializers.Serializer[Lineage]):
    """Works by level, sources before what was made of them, and the edges between."""

    levels = serializers.ListField(child=LineageWorkOut(many=True), read_only=True)
    edges = LineageEdgeOut(many=True, read_only=True)
    hidden_sources = serializers.IntegerField(
        read_only=True, help_text="Sources of the work that are not yours to know of."
    )
    is_cut = serializers.BooleanField(
        read_only=True, help_text="There are more works; these are the nearest."
    )
