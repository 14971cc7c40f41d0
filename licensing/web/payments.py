"""Paying by card: the way to the processor's page and back, and what it tells us."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from licensing import services
from licensing.inbox import take_in
from licensing.models import Checkout, CheckoutState, Order, Topic
from licensing.payments import processor_of
from licensing.payments.processor import NotGenuine, Processor
from licensing.tasks import look_into_event
from licensing.web.orders import find_order
from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.limits import WINDOW_SECONDS, count_request
from marketplace.kit.web import refusals_told

LARGEST_EVENT_BYTES = 1 << 18
ASKS_A_MINUTE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pay(request: MemberRequest, number: str) -> HttpResponse:
    """Lead the buyer to the page to pay on; they come back here, paid or not."""
    order = find_order(request, number)
    if order.buyer_id != request.user.pk:
        raise PermissionDenied(gettext("Only the buyer pays an order here."))
    processor = processor_of(settings.STOA)
    if processor is None:
        messages.error(
            request, gettext("Cards are not taken here. Pay by bank transfer.")
        )
        return redirect("licensing:order-detail", order.number)
    if request.method == "POST":
        onward = reverse("licensing:order-detail", args=[order.number])
        with refusals_told(request):
            checkout = services.begin_checkout(
                request.user,
                order=order,
                processor=processor,
                back_url=services.pay_url(settings.STOA.base_url, order.number),
                begun_at=timezone.now(),
            )
            onward = checkout.url or request.path
        return redirect(onward)
    return _came_back(request, order, processor)


def _came_back(
    request: MemberRequest, order: Order, processor: Processor
) -> HttpResponse:
    """Say how the payment stands, as the processor itself says now."""
    checkout = order.checkouts.order_by("-begun_at").first()
    if checkout is None:
        return redirect("licensing:order-detail", order.number)
    is_silent = not _is_known(checkout, processor)
    checkout.refresh_from_db()
    order.refresh_from_db()
    if checkout.state == CheckoutState.PAID:
        messages.success(request, _paid(order))
        return redirect("licensing:order-detail", order.number)
    context = {"order": order, "checkout": checkout, "is_silent": is_silent}
    return render(request, "licensing/order_pay.html", context)


def _is_known(checkout: Checkout, processor: Processor) -> bool:
    """Ask how a page stands; say if that was told. Who asks too often is not told."""
    if not checkout.external_id or not checkout.is_live:
        return bool(checkout.external_id)
    now = timezone.now()
    window = int(now.timestamp() // WINDOW_SECONDS)
    if count_request(f"payments:{checkout.order_id}", window=window) > ASKS_A_MINUTE:
        return False
    try:
        services.refresh_checkout(checkout, processor=processor, at=now)
    except DomainError:
        return False
    return True


def _paid(order: Order) -> str:
    if order.outbox.filter(topic=Topic.RETURN).exists():
        return gettext(
            "Less was due when your payment came; what is too much is sent back to you."
        )
    return gettext("Thank you. Your payment has arrived.")


@csrf_exempt
@require_POST
def stripe_event(request: HttpRequest) -> HttpResponse:
    """Keep an event that Stripe signed, and have it looked into; each once."""
    processor = processor_of(settings.STOA)
    if processor is None or not settings.STOA.stripe_webhook_secret:
        return HttpResponse(gettext("No events are taken here."), status=400)
    body = request.read(LARGEST_EVENT_BYTES + 1)
    if len(body) > LARGEST_EVENT_BYTES:
        return HttpResponse(gettext("The event is too large."), status=413)
    try:
        told = processor.told(body, request.headers.get("Stripe-Signature", ""))
    except NotGenuine as refusal:
        return HttpResponse(str(refusal), status=refusal.status)
    with transaction.atomic():
        event = take_in(told, at=timezone.now())
        if event is not None:
            transaction.on_commit(
                partial(look_into_event.delay, str(event.pk)), robust=True
            )
    return HttpResponse(status=200)
