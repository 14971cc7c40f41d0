"""Prizes one has won, to accept or decline; and the purses that operators look after."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing import queries, services
from licensing.models import Candidate, Party, Purse
from licensing.permissions import ACTING, parties_of
from licensing.web.forms import TransferForm
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import Order as Keyset
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_on, refusals_told

NEWEST_ASKED = Keyset(("asked_at", "id"), descending=True)
NEWEST_STATED = Keyset(("stated_at", "id"), descending=True)


class PayeeForm(forms.Form):
    """Who is paid: the winner, or an organisation that they act for."""

    payee = forms.ModelChoiceField(
        queryset=Party.objects.none(), empty_label=None, label=_("Paid to")
    )

    def __init__(self, *args: Any, user: User, winner: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["payee"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for mypy
        field.queryset = parties_of(user, roles=ACTING).distinct().order_by("name")
        field.initial = winner


class ReturnForm(forms.Form):
    """Why a purse is cancelled."""

    reason = forms.CharField(
        max_length=2000, help_text=_("Everyone reads it."), label=_("Reason")
    )


@require_safe
@login_required
def prize_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.prizes_of(request.user),
        order=NEWEST_ASKED,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"prizes": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/prize_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def prize_page(request: MemberRequest, prize_id: uuid.UUID) -> HttpResponse:
    """Show a prize to who has won it, and take their answer; the button says which."""
    candidate = get_object_or_404(queries.prizes_of(request.user), pk=prize_id)
    form = PayeeForm(request.POST or None, user=request.user, winner=candidate.party)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _answer(request, candidate, form)
            return redirect("licensing:prize-detail", candidate.pk)
    purse = candidate.purse
    context = {
        "prize": candidate,
        "purse": purse,
        "won_minor": queries.won_by(candidate),
        "may_answer": candidate.may_be_answered(timezone.now()),
        "form": form,
    }
    return render(request, "licensing/prize_detail.html", context)


def _answer(request: MemberRequest, candidate: Candidate, form: PayeeForm) -> None:
    now = timezone.now()
    if request.POST.get("act") == "decline":
        services.decline_prize(request.user, candidate=candidate, at=now)
        messages.success(request, gettext("You have declined the prize."))
        return
    payee = form.cleaned_data["payee"]
    services.accept_prize(request.user, candidate=candidate, payee=payee, at=now)
    messages.success(
        request, gettext("You have accepted. %(payee)s is paid.") % {"payee": payee}
    )


@require_safe
@login_required
def purse_list(request: MemberRequest) -> HttpResponse:
    """Show every purse, with what lies in its escrow account by the ledger."""
    require_staff(request.user)
    page = page_of(
        Purse.objects.select_related("funder"),
        order=NEWEST_STATED,
        cursor=request.GET.get("cursor", ""),
    )
    held = queries.escrow_balances(page.rows)
    context = {
        "purses": [(purse, held.get(purse.subject, 0)) for purse in page.rows],
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/purse_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def purse_confirm(request: MemberRequest, number: str) -> HttpResponse:
    """Show a purse to an operator, who says what the bank says of its money."""
    whole = queries.with_statements(Purse.objects.all())
    purse = get_object_or_404(whole, reference=number)
    form = TransferForm(request.POST or None, currency=purse.currency)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_on(form):
            purse = services.confirm_purse_transfer(
                request.user,
                purse=purse,
                bank_reference=said["bank_reference"],
                amount_minor=said["amount"],
                received_on=said["received_on"],
                confirmed_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("Recorded. The purse: %(purse_state_label_lower)s.")
                % {"purse_state_label_lower": purse.state.label.lower()},
            )
            return redirect("licensing:purse-confirm", purse.reference)
    context = {
        "purse": purse,
        "winners": queries.winners_of(purse),
        "takes_money": purse.is_open and purse.decided_at is None,
        "form": form,
        "return_form": ReturnForm(),
    }
    return render(request, "licensing/purse_confirm.html", context)


@require_POST
@login_required
@staff_for_money
def purse_act(request: MemberRequest, number: str, act: str) -> HttpResponse:
    """Release a purse, cancel it, or send back what is too much."""
    purse = get_object_or_404(Purse, reference=number)
    form, now = ReturnForm(request.POST), timezone.now()
    with refusals_told(request):
        if act == "release":
            services.release_purse(request.user, purse=purse, at=now)
            messages.success(request, gettext("The purse is paid to the winners."))
        elif act == "surplus":
            services.return_surplus(request.user, purse=purse, at=now)
            messages.success(request, gettext("What was too much goes back."))
        else:
            reason = form.cleaned_data["reason"] if form.is_valid() else ""
            services.return_purse(request.user, purse=purse, reason=reason, at=now)
            messages.success(request, gettext("The purse goes back to who gave it."))
    return redirect("licensing:purse-confirm", purse.reference)
