"""A buyer's orders: the list, one with what to do next, its receipt."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from licensing import queries, receipts, services
from licensing.http import asked_for, ways_of
from licensing.models import Order
from licensing.permissions import visible_orders
from licensing.services.reorders import span_of
from licensing.signatures import jwk_of
from licensing.web.billing_forms import OrderFilterForm
from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order as Keyset
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import as_file, csv_file, csv_rows
from marketplace.kit.web import refusals_told

NEWEST = Keyset(("placed_at", "id"), descending=True)


CHUNK = 500


@require_safe
@login_required
def order_list(request: MemberRequest) -> HttpResponse:
    mine = queries.orders_of(request.user)
    years = queries.years_of(mine)
    form = OrderFilterForm(request.GET or None, years=years, label_suffix="")
    found = form.narrowed(mine)
    page = page_of(
        found.select_related("holder").prefetch_related("lines", "invoices"),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "orders": page.rows,
        "spent": queries.spent_on(found),
        "form": form,
        "has_orders": bool(years),
        "query": form.query(),
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/order_list.html", context)


@require_safe
@login_required
def orders_csv(request: MemberRequest) -> StreamingHttpResponse:
    mine = queries.orders_of(request.user)
    form = OrderFilterForm(request.GET or None, years=queries.years_of(mine))
    found = form.narrowed(mine).order_by(*NEWEST.clauses())
    rows = found.select_related("holder").prefetch_related(
        "lines__offer_version", "invoices"
    )
    told = receipts.order_rows(rows.iterator(chunk_size=CHUNK))
    return csv_file(csv_rows(receipts.ORDERS_HEAD, told), name="orders.csv")


def find_order(request: MemberRequest, number: str) -> Order:
    """Return an order that the reader may read, or 404."""
    seen = visible_orders(request.user).select_related("buyer", "holder")
    return get_object_or_404(seen, number=number)


@require_safe
@login_required
def order_page(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    lines = order.lines.select_related(
        "offer_version__offer", "acceptance", "order", "period", "usage"
    )
    context = {
        "order": order,
        "lines": [(line, span_of(line)) for line in lines.order_by("position")],
        "payments": list(order.payments.order_by("confirmed_at")),
        "held_minor": queries.returnable_minor(order) if order.closed_at else 0,
        "has_seats": queries.seated_in(order).exists(),
        "papers": queries.papers_of(order),
        "is_buyer": order.buyer_id == request.user.pk,
        "may_cancel": queries.may_cancel(request.user, order),
        "asked": asked_for(order),
        "ways": ways_of(order.currency),
    }
    return render(request, "licensing/order_detail.html", context)


@require_POST
@login_required
def cancel(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    with refusals_told(request):
        services.cancel_order(request.user, order=order, cancelled_at=timezone.now())
        messages.success(
            request,
            gettext("Order %(number)s is cancelled.") % {"number": order.number},
        )
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
