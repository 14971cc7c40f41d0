"""Payouts, for operators: whom to pay, what was paid, and what did not arrive."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, services
from licensing.http import due_now
from licensing.models import BankAccount, Party, Payout
from licensing.money import shown
from licensing.queries.payouts import PAYOUTS
from licensing.web.money_forms import FailedForm, PayoutForm
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows
from marketplace.kit.web import refusals_at_fields, refusals_on

DUE_HEAD = (
    *("party", "party_id", "currency", "amount", "purpose"),
    *("account_holder", "iban", "account"),
)


@require_safe
@login_required
def payouts(request: MemberRequest) -> HttpResponse:
    """List whom to pay now, and what was paid."""
    require_staff(request.user)
    page = page_of(
        Payout.objects.select_related("party"),
        order=PAYOUTS,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "due": [(owed, account_of(owed.party)) for owed in due_now()],
        "payouts": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/payout_list.html", context)


@require_safe
@login_required
def due_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Give whom to pay now as a file for the bank."""
    require_staff(request.user)
    return csv_file(csv_rows(DUE_HEAD, _due_rows()), name="payouts-due.csv")


@require_safe
@login_required
def made_csv(request: MemberRequest) -> StreamingHttpResponse:
    require_staff(request.user)
    rows = queries.payout_rows(Payout.objects.all())
    return csv_file(csv_rows(queries.PAYOUT_COLUMNS, rows), name="payouts.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def pay_out(request: MemberRequest) -> HttpResponse:
    """Record a transfer by which a party was paid."""
    due = due_now()
    asked = {"to": request.GET.get("to", "")}
    form = PayoutForm(request.POST or None, due=due, initial=asked)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form, amount_minor="amount"):
            made = services.record_payout(
                request.user,
                party=said["party"],
                amount=services.Amount(said["minor"], said["currency"]),
                bank_reference=said["bank_reference"],
                paid_at=timezone.now(),
                hold=settings.STOA.payout_hold,
            )
            sent = shown(made.amount_minor, made.currency)
            messages.success(
                request,
                gettext("%(sent)s to %(name)s are recorded.")
                % {"sent": sent, "name": made.party.name},
            )
            return redirect("licensing:payouts-made")
    return render(request, "licensing/payout_new.html", {"form": form, "due": due})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def payout_page(request: MemberRequest, payout_id: UUID) -> HttpResponse:
    """Show a payout; say that it did not arrive."""
    payout = get_object_or_404(
        Payout.objects.select_related("party", "paid_by"), pk=payout_id
    )
    form = FailedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.fail_payout(
                request.user,
                payout=payout,
                reason=form.cleaned_data["reason"],
                failed_at=timezone.now(),
            )
            messages.success(request, gettext("Recorded. It is owed again."))
            return redirect("licensing:payout", payout.pk)
    context = {"payout": payout, "form": form}
    return render(request, "licensing/payout_detail.html", context)


def account_of(party: Party) -> BankAccount | None:
    """Return where a party is paid by transfer, if it has said so."""
    return getattr(party, "bank_account", None)


def _due_rows() -> Iterator[tuple[str, ...]]:
    for owed in due_now():
        amount, currency = shown(owed.due_minor, owed.currency).split()
        purpose = gettext("Payout of %(operator_name)s") % {
            "operator_name": settings.STOA.operator_name
        }
        account = account_of(owed.party)
        yield (
            *(owed.party.name, str(owed.party.pk), currency, amount, purpose),
            *(
                (account.holder, account.iban, account.details)
                if account
                else ("",) * 3
            ),
        )
