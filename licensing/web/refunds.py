"""Money back, for operators: refunds of orders, returns of what came in too much."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, services
from licensing.ledger import CASH_BANK
from licensing.models import Refund
from licensing.money import shown
from licensing.queries.books import REFUNDS
from licensing.queries.held import MOST_RETURNS
from licensing.web.money_forms import RefundForm, ReturnForm, SentForm
from licensing.web.operator import found_order
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_on, refusals_told


@require_safe
@login_required
def refunds(request: MemberRequest) -> HttpResponse:
    """List what is held to be sent back, and the refunds there were."""
    require_staff(request.user)
    page = page_of(
        Refund.objects.select_related("order"),
        order=REFUNDS,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "returns": queries.returnable_orders(most=MOST_RETURNS),
        "refunds": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/refund_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def refund_order(request: MemberRequest, number: str) -> HttpResponse:
    """Show who would give back how much of an order; once that is confirmed, do it."""
    order = found_order(number)
    form = RefundForm(request.POST or None, currency=order.currency)
    context = {
        "order": order,
        "form": form,
        "left_minor": queries.refundable_minor(order) if order.is_settled else 0,
    }
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form, amount_minor="amount"):
            if "confirmed" in request.POST:
                made = services.refund(
                    request.user,
                    order=order,
                    amount_minor=said["amount"],
                    reason=said["reason"],
                    revokes=said["revokes"],
                    key=f"form:{said['key']}",
                    at=timezone.now(),
                )
                back = shown(made.amount_minor, order.currency)
                messages.success(
                    request,
                    gettext("%(back)s of %(number)s are refunded.")
                    % {"back": back, "number": order.number},
                )
                return redirect("licensing:refund", made.pk)
            given = services.give_backs(order, amount_minor=said["amount"])
            context |= {"given": given.items(), "sum_minor": sum(given.values())}
    return render(request, "licensing/refund_order.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def refund_page(request: MemberRequest, refund_id: UUID) -> HttpResponse:
    """Show a refund; say by which transfer it was sent, or that it did not arrive."""
    refund = get_object_or_404(
        Refund.objects.select_related("order", "refunded_by"), pk=refund_id
    )
    failed = request.method == "POST" and "failed" in request.POST
    form = SentForm(None if failed else request.POST or None)
    now = timezone.now()
    if failed:
        with refusals_told(request):
            services.fail_refund(request.user, refund=refund, at=now)
            messages.success(
                request, gettext("Recorded. It is held, to be returned otherwise.")
            )
        return redirect("licensing:refund", refund.pk)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.confirm_refund(
                request.user,
                refund=refund,
                reference=form.cleaned_data["reference"],
                at=now,
            )
            messages.success(request, gettext("The reference is recorded."))
            return redirect("licensing:refund", refund.pk)
    lines = list(refund.entry.lines.select_related("account__party").order_by("pk"))
    context = {
        "refund": refund,
        "form": form,
        "lines": lines,
        "is_by_bank": any(line.account.code == CASH_BANK for line in lines),
    }
    return render(request, "licensing/refund_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def return_money(request: MemberRequest, number: str) -> HttpResponse:
    """Record that what came in too much for an order, or was freed, was sent back."""
    order = found_order(number)
    form = ReturnForm(request.POST or None, currency=order.currency)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, amount_minor="amount"):
            services.return_money(
                request.user,
                order=order,
                amount_minor=form.cleaned_data["amount"],
                reference=form.cleaned_data["reference"],
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("Recorded for order %(number)s.") % {"number": order.number},
            )
            return redirect("licensing:refunds")
    context = {
        "order": order,
        "form": form,
        "held_minor": queries.returnable_minor(order),
    }
    return render(request, "licensing/return_money.html", context)
