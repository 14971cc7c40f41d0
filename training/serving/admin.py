"""Predictions, for staff to look at: whose and of what; not what was asked or answered."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from training.serving.models import Prediction


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "repository",
        "caller",
        "way",
        "input_count",
        "is_metered",
        "asked_at",
    )
    list_select_related = ("repository__namespace", "caller")
    list_filter = ("way", "is_metered")
    search_fields = ("=id", "caller__username__iexact")
    fields = (
        "repository",
        "commit",
        "caller",
        "way",
        "run",
        "input_count",
        "is_metered",
        "asked_at",
    )
    ordering = ("-asked_at", "pk")
