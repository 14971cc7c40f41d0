"""Blobs and uploads for staff to look at; bytes are changed by services alone."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from marketplace.storage.models import Blob, Upload

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's own class takes no parameters
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = [
        "sha256",
        "size_bytes",
        "stored_at",
        "verified_at",
        "quarantined_at",
    ]
    search_fields = ["=sha256"]
    list_filter = [("quarantined_at", admin.EmptyFieldListFilter)]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["id", "owner", "state", "size_bytes", "created_at", "completed_at"]
    list_select_related = ["owner"]
    list_filter = ["state"]
    search_fields = ["=id", "=owner__username", "=sha256"]
