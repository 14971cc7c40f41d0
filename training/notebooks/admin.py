"""People's jobs, for staff to look at: whose, and what they take; not what they hold."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from training.notebooks.models import Execution, Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "owner",
        "kind",
        "environment",
        "uses_gpu",
        "schedule",
        "next_at",
    )
    list_select_related = ("owner",)
    list_filter = ("kind", "uses_gpu", "schedule")
    search_fields = ("name__icontains", "owner__username__iexact")
    fields = (
        "name",
        "owner",
        "kind",
        "version",
        "environment",
        "uses_gpu",
        "minutes",
        "memory_mib",
        "schedule",
        "next_at",
        "made_at",
        "edited_at",
    )
    ordering = ("-made_at", "pk")


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    list_display = ("job", "number", "run", "asked_at", "is_scheduled")
    list_select_related = ("job", "run")
    list_filter = ("is_scheduled", "uses_gpu")
    search_fields = ("job__name__icontains", "job__owner__username__iexact")
    fields = (
        "job",
        "number",
        "run",
        "asked_at",
        "is_scheduled",
        "kind",
        "environment",
        "uses_gpu",
        "minutes",
        "memory_mib",
    )
    ordering = ("-asked_at", "pk")
