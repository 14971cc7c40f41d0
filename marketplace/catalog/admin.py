"""Repositories for staff to look at; what they may do is services, as for anyone."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.catalog import services
from marketplace.catalog.models import (
    AccessRequest,
    AccessRound,
    Commit,
    CounterNotice,
    DownloadDay,
    FileScan,
    NamespaceUsage,
    Ref,
    Report,
    Repository,
    RepositoryAlias,
    RepositoryUserObjectPermission,
    Takedown,
    Visibility,
)
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline
from marketplace.kit.errors import DomainError

Act = Callable[[User, Repository], object]


class RefInline(ReadOnlyInline):
    model = Ref
    fields = ("name", "kind", "commit", "created_at")


class GrantInline(ReadOnlyInline):
    model = RepositoryUserObjectPermission
    fields = ("user", "permission")
    verbose_name_plural = "Shared with"


@admin.register(Repository)
class RepositoryAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "kind",
        "visibility",
        "gating",
        "file_count",
        "size_bytes",
        "downloads",
        "created_at",
        "deleted_at",
    )
    list_select_related = ("namespace",)
    list_filter = (
        "kind",
        "visibility",
        "gating",
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name__istartswith", "namespace__name__iexact", "title")
    ordering = ("-created_at",)
    inlines = (RefInline, GrantInline)
    actions = ("hide", "archive", "delete", "restore")

    @admin.action(description="Hide from everyone but its owners and who it is shared")
    def hide(self, request: HttpRequest, chosen: QuerySet[Repository]) -> None:
        self._act(
            request,
            chosen,
            lambda staff, repository: services.set_visibility(
                staff,
                repository=repository,
                visibility=Visibility.PRIVATE,
                changed_at=timezone.now(),
            ),
        )

    @admin.action(description="Archive: nothing more is committed")
    def archive(self, request: HttpRequest, chosen: QuerySet[Repository]) -> None:
        self._act(
            request,
            chosen,
            lambda staff, repository: services.set_archived(
                staff, repository=repository, archived=True, at=timezone.now()
            ),
        )

    @admin.action(description="Delete; it can be restored")
    def delete(self, request: HttpRequest, chosen: QuerySet[Repository]) -> None:
        self._act(
            request,
            chosen,
            lambda staff, repository: services.delete_repository(
                staff, repository=repository, deleted_at=timezone.now()
            ),
        )

    @admin.action(description="Restore what was deleted")
    def restore(self, request: HttpRequest, chosen: QuerySet[Repository]) -> None:
        self._act(
            request,
            chosen,
            lambda staff, repository: services.restore_repository(
                staff, repository=repository, restored_at=timezone.now()
            ),
        )

    def _act(self, request: Any, chosen: QuerySet[Repository], act: Act) -> None:
        for repository in chosen.select_related("namespace", "work").order_by("pk"):
            try:
                act(request.user, repository)
            except (DomainError, PermissionDenied) as refusal:
                said = f"{repository}: {refusal}"
                self.message_user(request, said, messages.ERROR)
            else:
                self.message_user(request, f"{repository}: done.")


@admin.register(Commit)
class CommitAdmin(ReadOnlyAdmin):
    list_display = ("oid", "repository", "position", "author", "title")
    list_select_related = ("repository__namespace", "author")
    search_fields = ("oid__startswith", "author__username__iexact")
    ordering = ("-committed_at", "-pk")


class AccessRoundInline(ReadOnlyInline):
    model = AccessRound
    fields = ("attempt", "state", "asked_at", "decided_at", "decided_by", "reason")


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnlyAdmin):
    list_display = ("asker", "user", "repository", "state", "asked_at", "decided_by")
    list_select_related = (
        "user",
        "organisation__namespace",
        "repository__namespace",
        "decided_by",
    )
    inlines = (AccessRoundInline,)
    list_filter = ("state",)
    search_fields = ("user__username__iexact", "repository__name__iexact")
    ordering = ("-asked_at", "pk")


@admin.register(RepositoryAlias)
class RepositoryAliasAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "kind", "repository", "created_at")
    list_select_related = ("namespace", "repository__namespace")
    search_fields = ("name__iexact", "namespace__name__iexact")
    ordering = ("-created_at", "pk")


@admin.register(NamespaceUsage)
class NamespaceUsageAdmin(ReadOnlyAdmin):
    list_display = ("namespace", "size_bytes")
    list_select_related = ("namespace",)
    search_fields = ("namespace__name__iexact",)
    ordering = ("-size_bytes", "pk")


@admin.register(DownloadDay)
class DownloadDayAdmin(ReadOnlyAdmin):
    search_fields = (
        "repository__name__icontains",
        "repository__namespace__name__iexact",
    )
    list_display = ("repository", "day", "count")
    list_select_related = ("repository__namespace",)
    date_hierarchy = "day"
    ordering = ("-day", "-count")


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("repository", "ground", "reporter", "state", "filed_at")
    list_select_related = ("repository__namespace", "reporter")
    list_filter = ("state", "ground")
    search_fields = ("repository__name", "reporter__username", "email")


@admin.register(Takedown)
class TakedownAdmin(ReadOnlyAdmin):
    list_display = ("repository", "ground", "taken_down_at", "lifted_at")
    list_select_related = ("repository__namespace",)
    list_filter = ("ground", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("repository__name",)


@admin.register(CounterNotice)
class CounterNoticeAdmin(ReadOnlyAdmin):
    list_display = (
        "takedown",
        "filed_by",
        "state",
        "filed_at",
        "answered_by",
        "answered_at",
    )
    list_select_related = ("takedown__repository__namespace", "filed_by", "answered_by")
    list_filter = ("state",)
    search_fields = ("filed_by__username__iexact",)
    ordering = ("-filed_at", "pk")


@admin.register(FileScan)
class FileScanAdmin(ReadOnlyAdmin):
    list_display = ("blob", "status", "scanner", "attempts", "queued_at", "scanned_at")
    list_filter = ("status",)
    search_fields = ("=blob__sha256",)
    ordering = ("-queued_at", "pk")
