"""Who leaves, and who has a copy made, for staff to look at."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.privacy.models import Copy, Departure


@admin.register(Departure)
class DepartureAdmin(ReadOnlyAdmin):
    list_display = ("user", "asked_at", "due_at", "told_stuck_at")
    list_select_related = ("user",)
    search_fields = ("user__username__iexact",)
    ordering = ("due_at", "pk")


@admin.register(Copy)
class CopyAdmin(ReadOnlyAdmin):
    """Without the file: it holds what only one person may see."""

    list_display = ("user", "asked_at", "made_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__username__iexact",)
    fields = (
        "user",
        "asked_at",
        "begun_at",
        "steps_done",
        "steps",
        "made_at",
        "expires_at",
    )
    ordering = ("-asked_at", "pk")
