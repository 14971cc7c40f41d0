"""A work's page: who made it, who holds which share, what is allowed, what is offered."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing import queries, services
from licensing.http import party_named
from licensing.lineage import holders_of
from licensing.models import Offer, OfferState, ShareSet, Work
from licensing.permissions import (
    ACTING,
    AnyUser,
    parties_of,
    require_acts_for,
    require_writes_for,
    visible_offers,
)
from licensing.queries.finding import find_work
from licensing.web.forms import (
    SharesFormSet,
    SourceForm,
    basis_points,
    shares_initial,
)
from licensing.web.grids import rows_of
from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import led_back, refusals_on, refusals_told

OFFERS = Order(("drafted_at", "id"), descending=True)


@require_safe
def work_page(request: HttpRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    offers = visible_offers(request.user).filter(work=work)
    page = page_of(
        offers.select_related("terms__licence", "proposed", "price").prefetch_related(
            "terms__consents", "proposed__consents"
        ),
        order=OFFERS,
        cursor=request.GET.get("cursor", ""),
    )
    now = timezone.now()
    standings = queries.standings_of(page.rows, at=now)
    context = {
        "work": work,
        "offer_cards": [(offer, standings[offer.pk]) for offer in page.rows],
        "rights": queries.rights_of(work, user=request.user),
        "flags": queries.flags_on(work, user=request.user),
        "past": queries.past_of(work, user=request.user),
        "grid": rows_of(work.licence_id),
        "offers": page.rows,
        "next_url": next_url(request, page),
        "access": queries.access_to(work, user=request.user, at=now),
        **_stake(request.user, work, page.rows),
    }
    return render(request, "licensing/work_detail.html", context)


def _stake(user: AnyUser, work: Work, offers: list[Offer]) -> dict[str, object]:
    """Say what a reader may do here; nothing for those without a stake in the work."""
    mine = {} if not user.is_authenticated else parties_of(user, roles=ACTING).in_bulk()
    if not mine:
        return {}
    proposal = queries.proposal_for(work)
    holders = holders_of([work.pk])[work.pk]
    concerned = set(holders)
    agreed = set()
    if proposal:
        agreed = {each.party_id for each in proposal.acceptances.all()}
        concerned |= {share.party_id for share in proposal.shares.all()}
    asked = {
        offer.pk
        for offer in offers
        if (offer.state == OfferState.DRAFT or offer.proposed)
        and (holders & mine.keys())
        - {consent.party_id for consent in offer.asked.consents.all()}
    }
    return {
        "owns": work.owner_id in mine,
        "holds": bool(concerned & mine.keys()),
        "proposal": proposal if concerned & mine.keys() else None,
        "proposal_asks": bool(proposal and (concerned & mine.keys()) - agreed),
        "offers_asking": asked,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_shares(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_acts_for(request.user, work.owner)
    back = led_back(request, reverse("licensing:work-detail", args=[work.pk]))
    in_force = list(queries.shares_in_force(work))
    rows = SharesFormSet(request.POST or None, initial=shares_initial(in_force))
    refusal = ""
    if request.method == "POST" and rows.is_valid():
        try:
            parts = {
                party_named(name, field="holder"): points
                for name, points in basis_points(rows)
            }
            share_set = services.propose_shares(
                request.user, work=work, basis_points=parts, proposed_at=timezone.now()
            )
        except DomainError as refused:
            refusal = str(refused)
        else:
            messages.success(
                request,
                gettext("The shares are in force.")
                if share_set.active_from
                else gettext(
                    "The shares are proposed. They hold once everyone has agreed."
                ),
            )
            return redirect(back)
    context = {"rows": rows, "work": work, "refusal": refusal, "back": back}
    return render(request, "licensing/shares_new.html", context)


@require_POST
@login_required
def accept_shares(
    request: MemberRequest, work_id: UUID, share_set_id: UUID
) -> HttpResponse:
    work = find_work(request.user, work_id)
    share_set = get_object_or_404(ShareSet, pk=share_set_id, work=work)
    with refusals_told(request):
        share_set = services.accept_shares(
            request.user, share_set=share_set, accepted_at=timezone.now()
        )
        in_force = share_set.active_from is not None
        messages.success(
            request,
            gettext("The shares are in force.")
            if in_force
            else gettext("Your agreement is recorded."),
        )
    return redirect("licensing:work-detail", work.pk)


@require_POST
@login_required
def withdraw_shares(
    request: MemberRequest, work_id: UUID, share_set_id: UUID
) -> HttpResponse:
    work = find_work(request.user, work_id)
    share_set = get_object_or_404(ShareSet, pk=share_set_id, work=work)
    with refusals_told(request):
        services.withdraw_shares(
            request.user, share_set=share_set, withdrawn_at=timezone.now()
        )
        messages.success(
            request, gettext("The proposal is closed. The shares stay as they are.")
        )
    return redirect("licensing:work-detail", work.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_source(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_writes_for(request.user, work.owner)
    back = led_back(request, reverse("licensing:work-detail", args=[work.pk]))
    form = SourceForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.record_derivation(
                request.user,
                work=work,
                **form.cleaned_data,
                recorded_at=timezone.now(),
            )
            messages.success(request, gettext("The source is recorded."))
            return redirect(back)
    context = {"form": form, "work": work, "back": back}
    return render(request, "licensing/source_new.html", context)
