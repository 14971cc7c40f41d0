"""Training without code, for staff to look at: whose, and how far it is."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from training.studio.models import Project


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "owner",
        "step",
        "budget_seconds",
        "spent_seconds",
        "asked_at",
    )
    list_select_related = ("owner",)
    list_filter = ("step",)
    search_fields = ("=id", "owner__username__iexact")
    fields = (
        "owner",
        "step",
        "run",
        "budget_seconds",
        "spent_seconds",
        "asked_at",
        "starts_at",
        "kept_at",
    )
    ordering = ("-asked_at", "pk")
