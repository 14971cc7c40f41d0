"""Owners become payable: by a processor that asks them, or to a bank account they name."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from licensing import services
from licensing.models import BankAccount, Party, Payee
from licensing.payments import processor_of
from licensing.payments.processor import Processor
from licensing.permissions import ACTING, parties_of
from licensing.services.bank_accounts import LONGEST_DETAILS, LONGEST_HOLDER
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.proof import proven_when
from marketplace.kit.errors import DomainError
from marketplace.kit.web import refusals_at_fields, refusals_told


class BankAccountForm(forms.Form):
    holder = forms.CharField(
        max_length=LONGEST_HOLDER,
        label=_("Account holder"),
        help_text=_(
            "As your bank knows it: a person’s name, or a firm’s with its form."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    iban = forms.CharField(
        required=False,
        max_length=60,
        label=_("IBAN"),
        help_text=_("With or without spaces, such as DE89 3704 0044 0532 0130 00."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    details = forms.CharField(
        required=False,
        max_length=LONGEST_DETAILS,
        label=_("If you have no IBAN"),
        help_text=_(
            "What a transfer to you needs: bank, number of the account, BIC or "
            "routing number."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, said: BankAccount | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if said is not None:
            self.initial = {
                "holder": said.holder,
                "iban": said.iban_grouped,
                "details": said.details,
            }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def payees(request: MemberRequest) -> HttpResponse:
    """Show how the caller's parties are paid; lead one to where it becomes payable."""
    processor = processor_of(settings.STOA)
    mine = list(
        parties_of(request.user, roles=ACTING).select_related("user").order_by("name")
    )
    if request.method == "POST":
        return _led_on(request, mine, processor)
    accounts = BankAccount.objects.filter(party__in=mine).in_bulk()
    known = {
        payee.party_id: payee
        for payee in Payee.objects.filter(party__in=mine).order_by("begun_at")
    }
    if processor is not None and "back" in request.GET:
        known = {pk: _asked(payee, processor) for pk, payee in known.items()}
    context = {
        "rows": [
            (party, known.get(party.pk), accounts.get(party.pk)) for party in mine
        ],
        "takes_cards": processor is not None,
    }
    return render(request, "licensing/payee_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@proven_when(lambda request: request.user.has_usable_password())
def bank_account(request: MemberRequest, party_id: UUID) -> HttpResponse:
    """Let somebody who gave their password again say where a party is paid."""
    mine = parties_of(request.user, roles=ACTING).distinct()
    party, now = get_object_or_404(mine, pk=party_id), timezone.now()
    if not request.user.has_usable_password():
        return render(request, "licensing/bank_account.html", {"party": party})
    if request.POST.get("act") == "forget":
        services.forget_bank_account(request.user, party=party, at=now)
        messages.success(
            request,
            gettext("No bank account of %(party)s is kept any more.")
            % {"party": party},
        )
        return redirect("licensing:payees")
    said = BankAccount.objects.filter(party=party).first()
    form = BankAccountForm(request.POST or None, said=said)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.set_bank_account(
                request.user, party=party, **form.cleaned_data, at=now
            )
            messages.success(
                request,
                gettext("%(party)s is paid to this account from now on.")
                % {"party": party},
            )
            return redirect("licensing:payees")
    context = {"party": party, "form": form, "said": said}
    return render(request, "licensing/bank_account.html", context)


def _led_on(
    request: MemberRequest, mine: list[Party], processor: Processor | None
) -> HttpResponse:
    named = {str(party.pk): party for party in mine}
    party = named.get(request.POST.get("party", ""))
    if party is None or processor is None:
        why = (
            gettext("Choose one that you act for.")
            if processor
            else gettext("Cards are not taken.")
        )
        messages.error(request, why)
        return redirect("licensing:payees")
    base_url = settings.STOA.base_url.rstrip("/")
    onward = reverse("licensing:payees")
    with refusals_told(request):
        onward = services.begin_onboarding(
            request.user,
            party=party,
            processor=processor,
            list_url=f"{base_url}{reverse('licensing:payees')}?back=1",
            begun_at=timezone.now(),
        )
    return redirect(onward)


def _asked(payee: Payee, processor: Processor) -> Payee:
    """Return how a payee stands now, or stood when the processor last answered."""
    if payee.is_payable or not payee.account:
        return payee
    try:
        return services.refresh_payee(payee, processor=processor, at=timezone.now())
    except DomainError:
        return payee
