"""A contest's purse as pages: state it, follow it, give it back; disqualify."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from licensing import queries
from licensing.models import Passing, Purse
from licensing.money import CURRENCIES, NotAnAmount, parse, shown
from licensing.purse_terms import MOST_ANSWER_DAYS, PurseTerms
from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_at_fields
from training.contests import services
from training.contests.models import Contest, Phase
from training.contests.permissions import may_give_purse
from training.web.contests import about
from training.web.forms import MOST_TEXT, text
from training.web.hosting import form_page, hosted

OF_DISQUALIFYING = _(
    "Who is out loses their rank and gets no prize; on a frozen board they are struck "
    "out. It cannot be undone, so ask them first."
)
AMOUNTS_HELP = _("One line for each place: the first place first, such as 600.00.")


class PurseForm(forms.Form):
    """What a purse promises, amounts as people write them."""

    currency = forms.CharField(
        max_length=3, min_length=3, initial="EUR", label=_("Currency")
    )
    amounts = forms.CharField(
        max_length=4000, widget=text(4), label=_("Prizes"), help_text=AMOUNTS_HELP
    )
    passing = forms.ChoiceField(
        choices=Passing.choices, label=_("If a winner does not take the prize")
    )
    answer_days = forms.IntegerField(
        min_value=1,
        max_value=MOST_ANSWER_DAYS,
        initial=14,
        label=_("Days that a winner has to accept"),
    )
    conditions = forms.CharField(
        max_length=MOST_TEXT,
        required=False,
        widget=text(),
        help_text=_("Markdown."),
        label=_("Conditions"),
    )

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency not in CURRENCIES:
            raise forms.ValidationError(
                gettext("Give a currency in ISO 4217, such as EUR.")
            )
        return currency

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "currency" in said and "amounts" in said:
            try:
                lines = said["amounts"].split("\n")
                said["amounts"] = [
                    parse(line, said["currency"]) for line in lines if line.strip()
                ]
            except NotAnAmount as fault:
                self.add_error("amounts", str(fault))
        return said

    def terms(self) -> PurseTerms:
        """Return what a valid form promises."""
        said = self.cleaned_data
        return PurseTerms(**{**said, "passing": Passing(said["passing"])})


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=2000, help_text=_("Everyone reads it."), label=_("Reason")
    )


class DisqualifyForm(forms.Form):
    name = forms.CharField(
        max_length=100, help_text=_("As the board says it."), label=_("Name")
    )
    reason = forms.CharField(
        max_length=1000,
        widget=text(3),
        help_text=_("They read it in a letter."),
        label=_("Reason"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def purse(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = PurseForm(request.POST or None, initial=_said(contest.purse))
    if form.is_valid():
        with refusals_at_fields(form):
            stated = services.state_purse(
                request.user, contest=contest, terms=form.terms(), at=timezone.now()
            )
            waits = gettext(" It waits for its money.") if stated.due_minor else ""
            messages.success(
                request, gettext("The purse is stated.%(waits)s") % {"waits": waits}
            )
            return redirect("training:contest-purse", slug)
    kept = contest.purse and queries.with_statements(Purse.objects.all()).get(
        pk=contest.purse.pk
    )
    gives = may_give_purse(request.user, contest)
    context = {
        **about(request, contest),
        "purse": kept,
        "winners": queries.winners_of(kept) if kept else [],
        "form": form,
        "gives": gives,
        "may_state": gives and _may_state(contest),
        "may_return": gives and _may_return(contest),
        "operator_name": settings.STOA.operator_name,
        "bank_details": settings.STOA.bank_details,
    }
    return render(request, "training/contest_purse.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def purse_return(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        with refusals_at_fields(form):
            services.return_purse(
                request.user,
                contest=contest,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
            messages.success(request, gettext("The purse goes back to who gave it."))
            return redirect("training:contest-purse", slug)
    return form_page(
        request, contest, form, gettext("Give the purse back"), gettext("Give it back")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disqualify(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = DisqualifyForm(
        request.POST or None, initial={"name": request.GET.get("name", "")[:100]}
    )
    if form.is_valid():
        with refusals_at_fields(form):
            services.disqualify(
                request.user, contest=contest, at=timezone.now(), **form.cleaned_data
            )
            messages.success(
                request,
                gettext("%(cleaned_data_name)s is disqualified.")
                % {"cleaned_data_name": form.cleaned_data["name"]},
            )
            return redirect("training:contest-host", slug)
    return form_page(
        request,
        contest,
        form,
        gettext("Disqualify an entrant"),
        gettext("Disqualify"),
        explanation=OF_DISQUALIFYING,
        danger=True,
    )


def _may_state(contest: Contest) -> bool:
    """Whether a purse can be stated or added to now."""
    phase = contest.phase_at(timezone.now())
    if contest.purse is None:
        return phase is Phase.UPCOMING
    return contest.purse.is_open and phase is not Phase.CLOSED


def _may_return(contest: Contest) -> bool:
    """Whether its giver may take the purse back: nobody has competed for it."""
    purse = contest.purse
    if purse is None or not purse.is_open:
        return False
    return purse.held_since is None or timezone.now() < contest.starts_at


def _said(stated: Purse | None) -> dict[str, object]:
    if stated is None:
        return {}
    newest = stated.statements.order_by("-number")[0]
    amounts = (shown(each, stated.currency).split()[0] for each in newest.amounts)
    return {
        "currency": stated.currency,
        "amounts": "\n".join(amounts),
        "passing": stated.passing,
        "answer_days": stated.answer_days,
        "conditions": stated.conditions,
    }
