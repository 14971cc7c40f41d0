"""A work's ownership on pages: who made it, who holds which right, giving it away."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing import queries, services
from licensing.http import find_statement, party_named, party_or_described
from licensing.models import Handover, HandoverState, RightsHolding, Work
from licensing.ownership_files import HEAD, ownership_facts, ownership_rows
from licensing.permissions import (
    ACTING,
    WRITING,
    parties_of,
    require_acts_for,
    require_writes_for,
    visible_handovers,
)
from licensing.queries.finding import find_work
from licensing.services.ownership import Stated
from licensing.web.ownership_forms import (
    ContributionForm,
    DisclosureForm,
    HandoverForm,
    HoldingForm,
    PartyForm,
)
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.spreadsheets import as_file, csv_file, csv_rows
from marketplace.kit.web import refusals_on, refusals_told

HANDOVERS = Order(("proposed_at", "id"), descending=True)


@require_safe
def ownership_page(request: HttpRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    mine = parties_of(request.user, roles=ACTING)
    acts_for = set(mine.values_list("pk", flat=True))
    context = {
        "work": work,
        "ownership": queries.ownership_of(work, user=request.user),
        "acts_for": acts_for,
        "owns": work.owner_id in acts_for,
        "writes": work.owner_id
        in set(parties_of(request.user, roles=WRITING).values_list("pk", flat=True)),
        "handovers": visible_handovers(request.user)
        .filter(work=work, state=HandoverState.PENDING)
        .select_related("holding", "giver", "taker"),
    }
    return render(request, "licensing/ownership.html", context)


@require_safe
def ownership_json(request: HttpRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    ownership = queries.ownership_of(work, user=request.user)
    return JsonResponse(
        ownership_facts(ownership), headers=as_file(f"ownership-{work.pk}.json")
    )


@require_safe
def ownership_csv(request: HttpRequest, work_id: UUID) -> StreamingHttpResponse:
    work = find_work(request.user, work_id)
    ownership = queries.ownership_of(work, user=request.user)
    rows = csv_rows(HEAD, ownership_rows(ownership))
    return csv_file(rows, name=f"ownership-{work.pk}.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_contribution(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_writes_for(request.user, work.owner)
    form = ContributionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            stated = _stated(services.record_contribution, request.user, work, form)
            messages.success(
                request,
                gettext("It is stated what %(party)s did.") % {"party": stated.party},
            )
            return redirect("licensing:ownership", work.pk)
    return _form(
        request,
        work,
        form,
        title=gettext("State a contribution"),
        lead=gettext(
            "Who did what for it, and how that is known. Whoever has an account can "
            "confirm it, or take it back."
        ),
        action=gettext("State it"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_holding(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_acts_for(request.user, work.owner)
    form = HoldingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            stated = _stated(services.record_holding, request.user, work, form)
            messages.success(
                request,
                gettext("It is stated what %(party)s holds.") % {"party": stated.party},
            )
            return redirect("licensing:ownership", work.pk)
    return _form(
        request,
        work,
        form,
        title=gettext("State a right"),
        lead=gettext(
            "Who holds a right in it has to agree to each offer, whether they are paid "
            "or not. Those without an account cannot agree, so while they hold a right "
            "there is no new offer."
        ),
        action=gettext("State it"),
    )


@transaction.atomic
def _stated(
    record: Callable[..., Stated], actor: User, work: Work, form: PartyForm
) -> Stated:
    """Record what a form states of a party, who is perhaps described there first."""
    now = timezone.now()
    party = party_or_described(actor, work=work, at=now, **form.party())
    return record(actor, work=work, party=party, recorded_at=now, **form.cleaned_data)


@require_POST
@login_required
def confirm(request: MemberRequest, work_id: UUID, statement_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    statement = find_statement(work, statement_id)
    with refusals_told(request):
        services.confirm_statement(
            request.user, statement=statement, confirmed_at=timezone.now()
        )
        messages.success(request, gettext("You have confirmed it."))
    return redirect("licensing:ownership", work.pk)


@require_POST
@login_required
def withdraw(request: MemberRequest, work_id: UUID, statement_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    statement = find_statement(work, statement_id)
    with refusals_told(request):
        services.withdraw_statement(
            request.user, statement=statement, withdrawn_at=timezone.now()
        )
        messages.success(request, gettext("It is taken back."))
    return redirect("licensing:ownership", work.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disclosures(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_acts_for(request.user, work.owner)
    form = DisclosureForm(request.POST or None, work=work)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.set_disclosure(
                request.user,
                work=work,
                audiences=form.cleaned_data,
                set_at=timezone.now(),
            )
            messages.success(request, gettext("It is shown so from now on."))
            return redirect("licensing:ownership", work.pk)
    return _form(
        request,
        work,
        form,
        title=gettext("What is shown, and to whom"),
        lead=gettext(
            "Its owners and those who hold rights or shares always see everything, and "
            "so does the operator."
        ),
        action=gettext("Show it so"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_handover(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    holding = _holding_asked(request, work)
    require_acts_for(request.user, holding.party if holding else work.owner)
    form = HandoverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            handover = services.propose_handover(
                request.user,
                work=work,
                holding=holding,
                to=party_named(form.cleaned_data["to"], field="to"),
                message=form.cleaned_data["message"],
                proposed_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("It waits for %(taker)s to accept.")
                % {"taker": handover.taker},
            )
            return redirect("licensing:ownership", work.pk)
    what = (
        gettext("%(get_right_display)s in it")
        % {"get_right_display": holding.get_right_display()}
        if holding
        else gettext("The whole work")
    )
    return _form(
        request,
        work,
        form,
        title=gettext("Give it away"),
        lead=gettext(
            "%(what)s goes to another party once they have accepted, and what "
            "is made of it moves under their name."
        )
        % {"what": what},
        action=gettext("Offer it to them"),
    )


@require_safe
@login_required
def handover_list(request: MemberRequest) -> HttpResponse:
    """List the handovers to and from those the reader acts for."""
    mine = parties_of(request.user, roles=ACTING)
    theirs = visible_handovers(request.user) & (
        Handover.objects.filter(giver__in=mine)
        | Handover.objects.filter(taker__in=mine)
    )
    page = page_of(
        theirs.select_related("work", "holding", "giver", "taker"),
        order=HANDOVERS,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"handovers": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/handover_list.html", context)


def _holding_asked(request: HttpRequest, work: Work) -> RightsHolding | None:
    """Return the right that `?right=` names, None if the work itself is meant."""
    given = request.GET.get("right", "")
    if not given:
        return None
    try:
        pk = forms.UUIDField().clean(given)
    except forms.ValidationError:
        pk = None
    rights = work.rightsholdings.standing().select_related("party")
    return get_object_or_404(rights, pk=pk)


def _form(
    request: HttpRequest, work: Work, form: forms.Form, **words: Any
) -> HttpResponse:
    context = {"work": work, "form": form, **words}
    return render(request, "licensing/work_form.html", context)
