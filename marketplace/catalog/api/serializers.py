"""The catalog's JSON: `…In` we accept, `…Out` we answer; neither saves."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Gating,
    Ref,
    Repository,
    TreeEntry,
    Visibility,
)
from marketplace.catalog.permissions import ShareRole


class StampField(serializers.DateTimeField):
    """A time in UTC to the microsecond, as PostgreSQL's `to_char` writes it in lists."""

    def __init__(self, **rest: Any) -> None:
        form = "%Y-%m-%dT%H:%M:%S.%fZ"
        super().__init__(format=form, default_timezone=UTC, read_only=True, **rest)

    def to_representation(self, value: datetime) -> str:
        return str(super().to_representation(value.astimezone(UTC)))


class RepositoryIn(serializers.Serializer[Repository]):
    namespace = serializers.CharField(max_length=96)
    name = serializers.CharField(max_length=96)
    visibility = serializers.ChoiceField(
        Visibility.choices, default=Visibility.PRIVATE.value
    )
    licence = serializers.CharField(
        max_length=100,
        allow_blank=True,
        default="",
        source="licence_id",
        help_text="An SPDX id, such as CC-BY-4.0; empty for all rights reserved.",
    )
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    summary = serializers.CharField(max_length=500, allow_blank=True, default="")


class RepositoryChangeIn(serializers.Serializer[Repository]):
    title = serializers.CharField(max_length=200, required=False)
    summary = serializers.CharField(max_length=500, allow_blank=True, required=False)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    gating = serializers.ChoiceField(
        Gating.choices, required=False, help_text="Who may take what is in it."
    )
    archived = serializers.BooleanField(required=False)


class ListingPriceOut(serializers.Serializer[Any]):
    """The lowest price of a live offer, in minor units."""

    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)
    period = serializers.CharField(
        read_only=True, help_text="MONTH or YEAR if it is paid for each; else empty."
    )


class ListingOut(serializers.ModelSerializer[Repository]):
    """One row of a list. In lists, PostgreSQL writes the same (`queries.listings`)."""

    namespace = serializers.CharField(source="namespace.name", read_only=True)
    licence = serializers.CharField(
        source="work.licence_id", allow_null=True, read_only=True
    )
    price = serializers.SerializerMethodField()
    tasks = serializers.ListField(
        child=serializers.CharField(), source="task_categories", read_only=True
    )
    created_at = StampField()
    updated_at = StampField()

    class Meta:
        model = Repository
        fields = read_only_fields = [
            "kind",
            "namespace",
            "name",
            "title",
            "summary",
            "visibility",
            "gating",
            "licence",
            "price",
            "tasks",
            "modalities",
            "languages",
            "tags",
            "size_category",
            "size_bytes",
            "file_count",
            "downloads",
            "likes",
            "created_at",
            "updated_at",
        ]

    @extend_schema_field(ListingPriceOut(allow_null=True))
    def get_price(self, repository: Repository) -> dict[str, Any] | None:
        terms = self.context["terms"].get(repository.work_id)
        if terms is None or terms.lowest_minor is None:
            return None
        price = {
            "minor": terms.lowest_minor,
            "currency": terms.currency,
            "period": terms.period,
        }
        return dict(ListingPriceOut(price).data)


class ListingPageOut(serializers.Serializer[Any]):
    results = ListingOut(many=True, read_only=True)
    next = serializers.URLField(allow_null=True, read_only=True)


class FacetValueOut(serializers.Serializer[Any]):
    value = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)


class FacetsOut(serializers.Serializer[Any]):
    """How many of the matches have each value; the ten most common of each facet."""

    kind = FacetValueOut(many=True, read_only=True)
    task = FacetValueOut(many=True, read_only=True)
    licence = FacetValueOut(many=True, read_only=True)
    modality = FacetValueOut(many=True, read_only=True)
    language = FacetValueOut(many=True, read_only=True)
    owner = FacetValueOut(many=True, read_only=True)
    price = FacetValueOut(many=True, read_only=True)
    allows = FacetValueOut(many=True, read_only=True)
    format = FacetValueOut(many=True, read_only=True)
    size = FacetValueOut(many=True, read_only=True)


class SearchOut(ListingPageOut):
    count = serializers.IntegerField(
        read_only=True, help_text="How many matched; counting stops at `count_cap`."
    )
    count_cap = serializers.IntegerField(read_only=True)
    facets = FacetsOut(read_only=True)


class CommitOut(serializers.ModelSerializer[Commit]):
    author = serializers.CharField(source="author.username", read_only=True)
    title = serializers.CharField(read_only=True)
    committed_at = StampField()

    class Meta:
        model = Commit
        fields = read_only_fields = [
            "oid",
            "parents",
            "author",
            "title",
            "message",
            "committed_at",
        ]


class RepositoryOut(ListingOut):
    """All of one repository. `rights` is what the caller may do."""

    work = serializers.UUIDField(source="work_id", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    archived = serializers.SerializerMethodField()
    flagged = serializers.SerializerMethodField(
        help_text="It, or something it was made from, is recalled: see the work."
    )
    head = serializers.SerializerMethodField()
    rights = serializers.SerializerMethodField()

    class Meta(ListingOut.Meta):
        fields = read_only_fields = [
            *ListingOut.Meta.fields,
            "id",
            "work",
            "created_by",
            "archived",
            "flagged",
            "head",
            "rights",
        ]

    def get_archived(self, repository: Repository) -> bool:
        return repository.archived_at is not None

    def get_flagged(self, repository: Repository) -> bool:
        return repository.work_id in self.context["reached"]

    @extend_schema_field(CommitOut(allow_null=True))
    def get_head(self, repository: Repository) -> dict[str, Any] | None:  # noqa: ARG002  DRF's shape
        head = self.context["head"]
        return dict(CommitOut(head).data) if head else None

    def get_rights(self, repository: Repository) -> list[str]:  # noqa: ARG002  DRF's shape
        rights = self.context["rights"]
        return sorted(right.partition(".")[2].partition("_")[0] for right in rights)


class TreeEntryOut(serializers.ModelSerializer[TreeEntry]):
    kind = serializers.ChoiceField(EntryKind.choices, read_only=True)
    path = serializers.CharField(read_only=True)
    sha256 = serializers.CharField(source="blob_id", allow_null=True, read_only=True)
    oid = serializers.SerializerMethodField(
        help_text="Git's id of a small file, where known; of a folder, a digest over "
        "all that is in it."
    )

    class Meta:
        model = TreeEntry
        fields = read_only_fields = [
            "kind",
            "path",
            "name",
            "size_bytes",
            "file_count",
            "sha256",
            "oid",
        ]

    def get_oid(self, entry: TreeEntry) -> str | None:
        return entry.oid or None


class TagIn(serializers.Serializer[Ref]):
    name = serializers.CharField(max_length=100)
    revision = serializers.CharField(max_length=100, default="main")


class TagOut(serializers.ModelSerializer[Ref]):
    commit = serializers.CharField(source="commit.oid", read_only=True)
    created_at = StampField()

    class Meta:
        model = Ref
        fields = read_only_fields = ["name", "commit", "created_at"]


class ShareIn(serializers.Serializer[Any]):
    user = serializers.CharField(max_length=96)
    role = serializers.ChoiceField(ShareRole.choices)


class ShareOut(serializers.Serializer[Any]):
    user = serializers.CharField(source="user__username", read_only=True)
    full_name = serializers.CharField(source="user__full_name", read_only=True)
    role = serializers.SerializerMethodField()

    def get_role(self, row: dict[str, Any]) -> ShareRole:
        return ShareRole.EDITOR if row["is_editor"] else ShareRole.VIEWER
