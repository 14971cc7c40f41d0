"""Blobs and uploads for staff to look at; bytes are changed by services alone."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.storage.models import Blob, Upload


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
