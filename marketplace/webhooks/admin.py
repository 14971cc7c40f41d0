"""Webhooks for staff to read, without their secrets, and to switch off."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline
from marketplace.webhooks.models import Delivery, Watched, Webhook
from marketplace.webhooks.services import switch_off


class WatchedInline(ReadOnlyInline):
    model = Watched
    fields = ("namespace", "repository")


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    list_display = ("url", "owner", "domains", "failures", "disabled_at")
    list_select_related = ("owner",)
    search_fields = ("url", "owner__username__iexact")
    fields = (
        "owner",
        "url",
        "domains",
        "failures",
        "created_at",
        "disabled_at",
        "disabled_why",
    )
    ordering = ("-created_at",)
    actions = ("switch_off",)
    inlines = (WatchedInline,)

    @admin.action(description="Switch off: nothing is sent until its owner switches on")
    def switch_off(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        staff = request.user
        if not isinstance(staff, User):
            raise PermissionDenied
        for webhook in webhooks.order_by("pk"):
            switch_off(staff, webhook=webhook, at=timezone.now())
        self.message_user(request, "The chosen webhooks are switched off.")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Without payload and answer: they may tell of what is private."""

    list_display = ("event", "webhook", "state", "attempts", "created_at")
    list_select_related = ("webhook",)
    list_filter = ("state",)
    search_fields = ("webhook__owner__username__iexact",)
    fields = (
        "webhook",
        "event",
        "state",
        "attempts",
        "created_at",
        "next_attempt_at",
        "finished_at",
        "response_status",
        "response_ms",
        "fault",
    )
    ordering = ("-created_at",)
