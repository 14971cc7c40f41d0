"""Contests for staff to look at; acts are on their pages. Private scores are not here."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline
from training.contests.models import (
    Announcement,
    Attempt,
    BoardRow,
    BundleImport,
    Contest,
    ContestPhase,
    Edition,
    Entrant,
    EntryRequest,
    Invitation,
    Member,
    Score,
    Split,
    SubgroupScores,
    Submission,
    TeamProposal,
)


@admin.register(Contest)
class ContestAdmin(ReadOnlyAdmin):
    list_display = (
        "slug",
        "title",
        "namespace",
        "task",
        "metric",
        "ends_at",
        "visibility",
    )
    list_filter = ("task", "visibility")
    list_select_related = ("namespace",)
    search_fields = ("slug__icontains", "title__icontains")
    exclude = ("truth", "pending_truth", "inputs")
    ordering = ("-created_at",)


class MemberInline(ReadOnlyInline):
    model = Member
    fields = readonly_fields = ("user", "rules_sha256", "rules_accepted_at")


@admin.register(Entrant)
class EntrantAdmin(ReadOnlyAdmin):
    list_display = ("name", "contest", "is_baseline", "joined_at")
    list_select_related = ("contest",)
    search_fields = ("name__iexact", "contest__slug__iexact")
    ordering = ("-joined_at",)
    inlines = (MemberInline,)


@admin.register(EntryRequest)
class EntryRequestAdmin(ReadOnlyAdmin):
    search_fields = ("user__username__iexact", "contest__slug__iexact")
    list_display = ("user", "contest", "state", "asked_at", "decided_by")
    list_select_related = ("user", "contest", "decided_by")
    list_filter = ("state",)
    ordering = ("-asked_at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    search_fields = ("person__username__iexact", "contest__slug__iexact")
    list_display = ("contest", "person", "invited_by", "expires_at", "used_by")
    list_select_related = ("contest", "person", "invited_by", "used_by")
    exclude = ("digest",)
    ordering = ("-invited_at",)


@admin.register(TeamProposal)
class TeamProposalAdmin(ReadOnlyAdmin):
    search_fields = ("person__username__iexact", "team__contest__slug__iexact")
    list_display = ("team", "person", "other", "state", "made_at")
    list_select_related = ("team__contest", "person", "other__contest")
    list_filter = ("state",)
    ordering = ("-made_at",)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = readonly_fields = (
        "scorer_version",
        "run",
        "predictions_sha256",
        "row_count",
    )


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "contest",
        "entrant",
        "format",
        "submitted_at",
        "withdrawn_at",
    )
    list_filter = ("format",)
    list_select_related = ("contest", "entrant__contest")
    search_fields = ("id__exact", "contest__slug__iexact", "entrant__name__iexact")
    ordering = ("-submitted_at", "-id")
    inlines = (AttemptInline,)


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    search_fields = (
        "=attempt__submission__id",
        "attempt__submission__contest__slug__iexact",
    )
    list_display = ("attempt", "metric", "value", "low", "high")
    list_filter = ("metric",)
    list_select_related = ("attempt__submission",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Score]:
        return super().get_queryset(request).filter(split=Split.PUBLIC)


@admin.register(SubgroupScores)
class SubgroupScoresAdmin(ReadOnlyAdmin):
    search_fields = (
        "=attempt__submission__id",
        "attempt__submission__contest__slug__iexact",
    )
    list_display = ("attempt", "told")
    list_select_related = ("attempt__submission",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubgroupScores]:
        return super().get_queryset(request).filter(split=Split.PUBLIC)


@admin.register(BoardRow)
class BoardRowAdmin(ReadOnlyAdmin):
    list_display = ("contest", "place", "rank", "name", "score", "is_baseline")
    list_select_related = ("contest",)
    search_fields = ("contest__slug__iexact", "name__iexact")
    ordering = ("contest", "place")


@admin.register(ContestPhase)
class ContestPhaseAdmin(ReadOnlyAdmin):
    list_display = ("contest", "number", "name", "starts_at", "ends_at", "counts")
    list_select_related = ("contest",)
    search_fields = ("contest__slug__iexact", "name__icontains")
    exclude = ("truth", "pending_truth", "inputs")
    ordering = ("contest", "number")


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    list_display = ("title", "contest", "author", "announced_at")
    list_select_related = ("contest", "author")
    search_fields = ("contest__slug__iexact", "title__icontains")
    ordering = ("-announced_at", "pk")


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("contest", "number", "kind", "scorer_version", "made_at")
    list_select_related = ("contest",)
    list_filter = ("kind",)
    search_fields = ("contest__slug__iexact",)
    exclude = ("truth",)
    ordering = ("-made_at", "pk")


@admin.register(BundleImport)
class BundleImportAdmin(ReadOnlyAdmin):
    list_display = ("filename", "owner", "namespace", "slug", "format", "created_at")
    list_select_related = ("owner", "namespace")
    list_filter = ("format",)
    search_fields = ("owner__username__iexact", "slug__iexact")
    fields = ("filename", "owner", "namespace", "slug", "format", "run", "created_at")
    ordering = ("-created_at", "pk")
