"""Blobs and uploads for staff to look at; bytes are changed by services alone."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.storage.models import Blob, Possession, Upload, XetFile, Xorb


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = [
        "sha256",
        "size_bytes",
        "stored_at",
        "verified_at",
        "quarantined_at",
        "condemned_at",
    ]
    search_fields = ["=sha256"]
    list_filter = [
        ("quarantined_at", admin.EmptyFieldListFilter),
        ("condemned_at", admin.EmptyFieldListFilter),
    ]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["id", "owner", "state", "size_bytes", "created_at", "completed_at"]
    list_select_related = ["owner"]
    list_filter = ["state"]
    search_fields = ["=id", "=owner__username", "=sha256"]


@admin.register(Possession)
class PossessionAdmin(ReadOnlyAdmin):
    list_display = ["user", "blob", "proved_at"]
    list_select_related = ["user"]
    search_fields = ["=user__username", "=blob__sha256"]


@admin.register(Xorb)
class XorbAdmin(ReadOnlyAdmin):
    list_display = ["hash", "plain_bytes", "body", "is_covered", "listed_at"]
    list_filter = ["is_covered"]
    search_fields = ["=hash"]
    exclude = ["chunks"]


@admin.register(XetFile)
class XetFileAdmin(ReadOnlyAdmin):
    list_display = ["hash", "blob"]
    search_fields = ["=hash", "=blob__sha256"]
