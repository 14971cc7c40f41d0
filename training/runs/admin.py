"""Runs and workers, for staff to look at; stopping a run is the service."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.kit.errors import DomainError
from training.runs.models import (
    BroughtWorker,
    LostLeases,
    MonthOfUse,
    Run,
    WorkerReport,
)
from training.runs.services import request_cancel

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "task",
        "owner",
        "status",
        "attempts",
        "failure_code",
        "queued_at",
    )
    list_filter = ("status", "queue", "failure_code")
    list_select_related = ("owner",)
    search_fields = ("id__exact", "owner__username__iexact", "trace__contains")
    ordering = ("-queued_at", "-id")
    actions = ("stop",)

    @admin.action(description="Stop these runs", permissions=["view"])
    def stop(self, request: HttpRequest, queryset: "QuerySet[Run]") -> None:
        if not isinstance(request.user, User):
            return
        for run in queryset:
            try:
                request_cancel(request.user, run=run, at=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{run.pk}: {refusal}", messages.WARNING)


@admin.register(LostLeases)
class LostLeasesAdmin(ReadOnlyAdmin):
    list_display = ("queue", "requeued", "failed")
    search_fields = ("queue__icontains",)
    ordering = ("queue",)


@admin.register(MonthOfUse)
class MonthOfUseAdmin(ReadOnlyAdmin):
    list_display = (
        "namespace",
        "month",
        "run_count",
        "cpu_ms",
        "gpu_ms",
        "stored_bytes",
    )
    list_select_related = ("namespace",)
    search_fields = ("namespace__name__iexact",)
    ordering = ("-month", "namespace")


@admin.register(WorkerReport)
class WorkerReportAdmin(ReadOnlyAdmin):
    list_display = ("hostname", "sandbox", "is_safe", "concurrency", "seen_at")
    ordering = ("-seen_at",)


@admin.register(BroughtWorker)
class BroughtWorkerAdmin(ReadOnlyAdmin):
    """Without the digest of its token: nobody needs it."""

    list_display = (
        "name",
        "namespace",
        "lane",
        "hint",
        "made_by",
        "seen_at",
        "revoked_at",
    )
    list_select_related = ("namespace", "lane", "made_by")
    search_fields = ("name__icontains", "namespace__name__iexact", "=hint")
    fields = (
        "name",
        "namespace",
        "lane",
        "hint",
        "made_by",
        "made_at",
        "seen_at",
        "revoked_at",
    )
    ordering = ("-made_at", "pk")
