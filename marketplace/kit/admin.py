"""The audit trail for staff to read, and the read-only admin that any room may use."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import URLField
from django.http import HttpRequest
from typing_extensions import override

from marketplace.kit.models import AuditRecord, AuditSeal, Inspection

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:  # Django's own classes take no parameters
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class ReadOnlyAdmin(ModelAdmin):
    """Staff look; acts are services, offered as actions where staff need them."""

    show_full_result_count = False
    formfield_overrides = {URLField: {"assume_scheme": "https"}}  # as from Django 6 on

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows of another table, below the one they belong to."""

    extra = 0
    can_delete = False

    @override
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "act", "target_kind", "target_id")
    list_filter = ("act", "target_kind")
    search_fields = ("actor_name__iexact", "target_id__iexact")
    ordering = ("-at", "-id")


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    list_display = ("number", "record", "digest", "sealed_at")
    search_fields = ("=record", "digest__startswith")
    ordering = ("-number",)


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    list_display = ("name", "faults", "looked_at")
    search_fields = ("name__icontains",)
    ordering = ("name",)
