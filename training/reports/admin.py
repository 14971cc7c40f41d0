"""Reports on models, for staff to look at; acts are on their pages."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from training.reports.models import Report


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = (
        "title",
        "owner",
        "origin",
        "state",
        "asked_at",
        "checked_at",
        "overridden_by",
    )
    list_select_related = ("owner", "overridden_by")
    list_filter = ("state", "origin")
    search_fields = ("title__icontains", "owner__username__iexact")
    fields = (
        "title",
        "owner",
        "repository",
        "revision",
        "origin",
        "run",
        "state",
        "asked_at",
        "checked_at",
        "override_reason",
        "overridden_by",
        "overridden_at",
    )
    ordering = ("-asked_at", "pk")
