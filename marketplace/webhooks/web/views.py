"""Pages of a person's webhooks, each with the log of what was sent."""

import json
import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_on, refusals_told
from marketplace.webhooks import services
from marketplace.webhooks.models import Delivery, Webhook
from marketplace.webhooks.queries import (
    DELIVERIES_ORDER,
    WEBHOOKS_ORDER,
    deliveries_of,
    may_read_payload,
    webhooks_of,
)
from marketplace.webhooks.web.forms import WebhookForm, said_of


@require_http_methods(["GET", "POST"])
@login_required
def webhooks(request: MemberRequest) -> HttpResponse:
    """List them, and make one."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = services.create_webhook(
                request.user,
                **form.cleaned_data,
                networks=settings.STOA.webhook_networks,
                created_at=timezone.now(),
            )
            messages.success(request, gettext("The webhook is made."))
            return redirect("webhooks:webhook", made.pk)
    page = page_of(
        webhooks_of(request.user),
        order=WEBHOOKS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"form": form, "webhooks": page.rows, "next_url": next_url(request, page)}
    return render(request, "webhooks/webhook_list.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show one with its log, and change it."""
    found = _found(request.user, webhook_id)
    form = WebhookForm(request.POST or None, initial=said_of(found))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.update_webhook(
                request.user,
                webhook=found,
                **form.cleaned_data,
                networks=settings.STOA.webhook_networks,
                updated_at=timezone.now(),
            )
            messages.success(request, gettext("The webhook is saved."))
            return redirect("webhooks:webhook", found.pk)
    page = page_of(
        deliveries_of(found),
        order=DELIVERIES_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "form": form,
        "webhook": found,
        "deliveries": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "webhooks/webhook_detail.html", context)


@require_POST
@login_required
def switch(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _found(request.user, webhook_id)
    enabled = request.POST.get("enabled") == "yes"
    services.set_enabled(
        request.user, webhook=found, enabled=enabled, at=timezone.now()
    )
    said = "on" if enabled else "off"
    messages.success(
        request, gettext("The webhook is switched %(said)s.") % {"said": said}
    )
    return redirect("webhooks:webhook", found.pk)


@require_POST
@login_required
def delete(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _found(request.user, webhook_id)
    services.delete_webhook(request.user, webhook=found, deleted_at=timezone.now())
    messages.success(request, gettext("The webhook is deleted."))
    return redirect("webhooks:webhooks")


@require_safe
@never_cache
@login_required
def delivery(
    request: MemberRequest, webhook_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    """Show what was sent and what came back."""
    found = _delivery(request.user, webhook_id, delivery_id)
    payload = json.dumps(found.payload, indent=2, ensure_ascii=False)
    context = {
        "delivery": found,
        "webhook": found.webhook,
        "payload": payload if may_read_payload(found) else "",
    }
    return render(request, "webhooks/delivery_detail.html", context)


@require_POST
@login_required
def send_again(
    request: MemberRequest, webhook_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    found = _delivery(request.user, webhook_id, delivery_id)
    with refusals_told(request):
        services.send_again(request.user, delivery=found, asked_at=timezone.now())
        messages.success(request, gettext("It is sent again within seconds."))
    return redirect("webhooks:webhook", found.webhook_id)


def _found(user: User, webhook_id: uuid.UUID) -> Webhook:
    found = webhooks_of(user).filter(pk=webhook_id).first()
    if found is None:
        raise Http404("You have no such webhook.")
    return found


def _delivery(user: User, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    mine = Delivery.objects.filter(webhook__owner=user, webhook=webhook_id)
    whole = mine.select_related("webhook__owner", "repository__namespace")
    found = whole.filter(pk=delivery_id).first()
    if found is None:
        raise Http404("You have no such delivery.")
    return found
