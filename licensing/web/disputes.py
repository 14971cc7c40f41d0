"""Disputes, for operators: told of by the bank, and how they were decided."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import services
from licensing.models import Dispute
from licensing.queries.books import DISPUTES
from licensing.web.money_forms import DisputeForm
from licensing.web.operator import found_order
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told


@require_safe
@login_required
def disputes(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    page = page_of(
        Dispute.objects.select_related("order"),
        order=DISPUTES,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"disputes": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/dispute_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def open_dispute(request: MemberRequest, number: str) -> HttpResponse:
    """Record that a bank took the money of an order back until it is decided."""
    order = found_order(number)
    form = DisputeForm(request.POST or None, currency=order.currency)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form, amount_minor="amount"):
            opened = services.open_dispute(
                request.user,
                order=order,
                key=services.bank_case(said["reference"]),
                amount_minor=said["amount"],
                reason=said["reason"],
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("Order %(number)s is disputed.") % {"number": order.number},
            )
            return redirect("licensing:dispute", opened.pk)
    context = {"order": order, "form": form}
    return render(request, "licensing/dispute_open.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def dispute_page(request: MemberRequest, dispute_id: UUID) -> HttpResponse:
    """Show a dispute; say how it was decided."""
    dispute = get_object_or_404(
        Dispute.objects.select_related("order", "opened_by", "closed_by"), pk=dispute_id
    )
    if request.method == "POST" and request.POST.get("outcome") in {"WON", "LOST"}:
        with refusals_told(request):
            decided = services.close_dispute(
                request.user,
                order=dispute.order,
                key=dispute.key,
                amount_minor=dispute.amount_minor,
                reason=dispute.reason,
                won=request.POST["outcome"] == "WON",
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(decided_get_state_display)s.")
                % {"decided_get_state_display": decided.get_state_display()},
            )
        return redirect("licensing:dispute", dispute.pk)
    return render(request, "licensing/dispute_detail.html", {"dispute": dispute})
