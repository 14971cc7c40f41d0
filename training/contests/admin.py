"""Contests for staff to look at; acts are on their pages. Private scores are not here."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    Entrant,
    Score,
    Split,
    Submission,
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


@admin.register(Entrant)
class EntrantAdmin(ReadOnlyAdmin):
    list_display = ("name", "contest", "is_baseline", "joined_at")
    list_select_related = ("contest",)
    search_fields = ("name__iexact", "contest__slug__iexact")
    ordering = ("-joined_at",)


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
    list_display = ("attempt", "metric", "value", "low", "high")
    list_filter = ("metric",)
    list_select_related = ("attempt__submission",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Score]:
        return super().get_queryset(request).filter(split=Split.PUBLIC)


@admin.register(BoardRow)
class BoardRowAdmin(ReadOnlyAdmin):
    list_display = ("contest", "place", "rank", "name", "score", "is_baseline")
    list_select_related = ("contest",)
    search_fields = ("contest__slug__iexact", "name__iexact")
    ordering = ("contest", "place")
