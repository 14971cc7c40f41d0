"""The operator's money: transfers to confirm, the ledger."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, receipts, services
from licensing.models import Order, OrderState
from licensing.models.orders import OPEN_STATES
from licensing.queries.books import ENTRIES
from licensing.web.forms import RejectForm, TransferForm
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import Order as Keyset
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows
from marketplace.kit.web import refusals_on

OLDEST = Keyset(("placed_at", "id"))
CHUNK = 500


@require_safe
@login_required
def transfers(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    waiting = Order.objects.filter(state__in=OPEN_STATES)
    if wanted := request.GET.get("number", "").strip().upper().replace("\0", ""):
        waiting = waiting.filter(number__contains=wanted)
    page = page_of(
        waiting.select_related("buyer", "holder"),
        order=OLDEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "orders": page.rows,
        "next_url": next_url(request, page),
        "number": wanted,
    }
    return render(request, "licensing/transfer_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def confirm(request: MemberRequest, number: str) -> HttpResponse:
    order = found_order(number)
    form = TransferForm(request.POST or None, currency=order.currency)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_on(form):
            order = services.confirm_transfer(
                request.user,
                order=order,
                bank_reference=said["bank_reference"],
                amount_minor=said["amount"],
                received_on=said["received_on"],
                confirmed_at=timezone.now(),
            )
            messages.success(request, _outcome(order))
            return redirect("licensing:transfers")
    context = {"order": order, "form": form, "reject_form": RejectForm()}
    return render(request, "licensing/transfer_confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def reject(request: MemberRequest, number: str) -> HttpResponse:
    order = found_order(number)
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.reject_transfer(
                request.user,
                order=order,
                reason=form.cleaned_data["reason"],
                rejected_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("Order %(number)s is rejected.") % {"number": order.number},
            )
            return redirect("licensing:transfers")
    context = {"order": order, "form": form}
    return render(request, "licensing/transfer_reject.html", context)


@require_safe
@login_required
def ledger(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    page = page_of(
        queries.entries(), order=ENTRIES, cursor=request.GET.get("cursor", "")
    )
    context = {
        "balances": queries.ledger_balances(),
        "entries": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/ledger.html", context)


@require_safe
@login_required
def ledger_csv(request: MemberRequest) -> StreamingHttpResponse:
    require_staff(request.user)
    oldest_first = queries.entries().order_by("occurred_at", "pk")
    rows = receipts.ledger_rows(oldest_first.iterator(chunk_size=CHUNK))
    return csv_file(csv_rows(receipts.LEDGER_HEAD, rows), name="ledger.csv")


@require_safe
@login_required
def invoices_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Tell bookkeepers every invoice and credit note, the oldest first."""
    require_staff(request.user)
    rows = receipts.paper_rows(queries.papers_issued(chunk_size=CHUNK))
    return csv_file(csv_rows(receipts.PAPERS_HEAD, rows), name="invoices.csv")


def found_order(number: str) -> Order:
    """Return an order by its number, with whom it names.

    Raises:
        Http404: there is none.
    """
    return get_object_or_404(
        Order.objects.select_related("buyer", "holder"), number=number
    )


def _outcome(order: Order) -> str:
    if order.state == OrderState.PARTIALLY_PAID:
        return gettext("Recorded. Order %(order_number)s waits for the rest.") % {
            "order_number": order.number
        }
    if order.overpaid_minor:
        return gettext(
            "Order %(order_number)s is fulfilled; what was too much is held."
        ) % {"order_number": order.number}
    return gettext("Order %(order_number)s is fulfilled.") % {
        "order_number": order.number
    }
