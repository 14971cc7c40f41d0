"""A buyer's orders: the list, one with what to do next, its receipt."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from licensing import queries, receipts, services
from licensing.models import Order
from licensing.permissions import visible_orders
from licensing.signatures import jwk_of
from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order as Keyset
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import as_file, csv_file, csv_rows
from marketplace.kit.web import refusals_told

NEWEST = Keyset(("placed_at", "id"), descending=True)


@require_safe
@login_required
def order_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.orders_of(request.user)
        .select_related("holder")
        .prefetch_related("lines"),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"orders": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/order_list.html", context)


def find_order(request: MemberRequest, number: str) -> Order:
    """Return an order that the reader may read, or 404."""
    seen = visible_orders(request.user).select_related("buyer", "holder")
    return get_object_or_404(seen, number=number)


@require_safe
@login_required
def order_page(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    lines = order.lines.select_related("offer_version__offer", "acceptance")
    context = {
        "order": order,
        "lines": list(lines.order_by("position")),
        "payments": list(order.payments.order_by("confirmed_at")),
        "has_seats": queries.seated_in(order).exists(),
        "is_buyer": order.buyer_id == request.user.pk,
        "operator_name": settings.STOA.operator_name,
        "bank_details": settings.STOA.bank_details,
    }
    return render(request, "licensing/order_detail.html", context)


@require_POST
@login_required
def cancel(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    with refusals_told(request):
        services.cancel_order(request.user, order=order, cancelled_at=timezone.now())
        messages.success(request, f"Order {order.number} is cancelled.")
    return redirect("licensing:order-detail", order.number)


@require_safe
@login_required
def receipt_json(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    return JsonResponse(
        receipts.receipt_of(order),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers=as_file(f"{order.number}.json"),
    )


@require_safe
@login_required
def receipt_csv(request: MemberRequest, number: str) -> StreamingHttpResponse:
    order = find_order(request, number)
    rows = csv_rows(receipts.RECEIPT_HEAD, receipts.receipt_rows(order))
    return csv_file(rows, name=f"{order.number}.csv")


@require_safe
def receipt_keys(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's shape
    """Tell the public keys that verify receipts, former ones too, as JSON Web Keys."""
    keys = [jwk_of(public) for public in services.public_keys().values()]
    return JsonResponse(
        {"keys": keys}, headers={"Cache-Control": "public, max-age=300"}
    )
