"""Trusted publishers for staff to look at."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.publishers.models import TrustedPublisher


@admin.register(TrustedPublisher)
class TrustedPublisherAdmin(ReadOnlyAdmin):
    list_display = ("subject", "issuer", "repository", "created_by", "last_used_at")
    list_select_related = ("repository__namespace", "created_by")
    search_fields = ("subject", "created_by__username__iexact")
    fields = (
        "repository",
        "issuer",
        "audience",
        "subject",
        "claims",
        "created_by",
        "created_at",
        "last_used_at",
    )
    ordering = ("-created_at",)
