"""A member's webhooks, as `HfApi` lists, makes and changes them."""

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.hub.errors import NotSupported
from marketplace.hub.http import MemberHubView
from marketplace.webhooks import services
from marketplace.webhooks.models import Webhook
from marketplace.webhooks.queries import webhooks_of
from marketplace.webhooks.services import Item


class ItemIn(serializers.Serializer[Any]):
    type = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=200)


class WebhookIn(serializers.Serializer[Any]):
    """What a client sends; `watched` is empty where it leaves that as it is."""

    url = serializers.CharField(max_length=2000, required=False)
    watched = ItemIn(many=True, default=list)
    domains = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False
    )
    secret = serializers.CharField(
        max_length=200, required=False, allow_blank=True, trim_whitespace=False
    )


class WebhooksView(MemberHubView):
    request: MemberApiRequest
    write_scope = Scope.ACCOUNT_WRITE

    def found(self, webhook_id: str) -> Webhook:
        """Return the caller's webhook of this id.

        Raises:
            Http404: they have none such.
        """
        absence = Http404("You have no such webhook.")
        try:
            key = uuid.UUID(webhook_id)
        except ValueError as fault:
            raise absence from fault
        found = webhooks_of(self.request.user).filter(pk=key).first()
        if found is None:
            raise absence
        return found

    def wanted(self, request: MemberApiRequest) -> dict[str, Any]:
        """Return what the body asks for, as the services take it.

        Raises:
            NotSupported: it is to start a job, and there are none here.
        """
        body = WebhookIn(data=request.data)
        body.is_valid(raise_exception=True)
        if isinstance(request.data, dict) and request.data.get("jobSourceId"):
            raise NotSupported("This site runs no jobs. Give a url to send events to.")
        said = dict(body.validated_data)
        return {
            **said,
            "watched": [Item(**item) for item in said["watched"]],
            "networks": settings.STOA.webhook_networks,
        }


class Webhooks(WebhooksView):
    def get(self, request: MemberApiRequest) -> Response:
        """List them all; a person has at most 50."""
        mine = webhooks_of(request.user).order_by("-created_at", "id")
        return Response([_said(webhook) for webhook in mine])

    def post(self, request: MemberApiRequest) -> Response:
        wanted = {"url": "", "domains": [], **self.wanted(request)}
        made = services.create_webhook(
            request.user, **wanted, created_at=timezone.now()
        )
        return _answer(made)


class OneWebhook(WebhooksView):
    def get(self, request: MemberApiRequest, webhook_id: str) -> Response:  # noqa: ARG002  DRF's shape
        return Response({"webhook": _said(self.found(webhook_id))})

    def post(self, request: MemberApiRequest, webhook_id: str) -> Response:
        found, wanted = self.found(webhook_id), self.wanted(request)
        changed = services.update_webhook(
            request.user,
            webhook=found,
            **{**wanted, "watched": wanted["watched"] or None},
            updated_at=timezone.now(),
        )
        return _answer(changed)

    def delete(self, request: MemberApiRequest, webhook_id: str) -> Response:
        services.delete_webhook(
            request.user, webhook=self.found(webhook_id), deleted_at=timezone.now()
        )
        return Response({})


class Switch(WebhooksView):
    enabled = True

    def post(self, request: MemberApiRequest, webhook_id: str) -> Response:
        found = self.found(webhook_id)
        services.set_enabled(
            request.user, webhook=found, enabled=self.enabled, at=timezone.now()
        )
        return _answer(found)


def _answer(webhook: Webhook) -> Response:
    """Return the webhook with its secret, to a credential that could set it anew."""
    whole = webhooks_of(webhook.owner).get(pk=webhook.pk)
    said = {**_said(whole), "secret": whole.secret or None}
    return Response({"webhook": said}, headers={"Cache-Control": "no-store"})


def _said(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": str(webhook.pk),
        "url": webhook.url,
        "job": None,
        "watched": [
            {"type": each.type, "name": each.name} for each in webhook.watched.all()
        ],
        "domains": webhook.domains,
        "secret": None,
        "disabled": not webhook.is_enabled,
    }
