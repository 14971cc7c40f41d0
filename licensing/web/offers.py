"""An offer's page: its terms, its price, and the order."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from licensing import queries, services
from licensing.http import circumstances_of, count_code, house, ways_of
from licensing.models import (
    AcceptedBy,
    Entitlement,
    Offer,
    OfferState,
    Order,
    OrderState,
    Period,
    PriceVersion,
    Work,
)
from licensing.permissions import (
    AnyUser,
    has_stake,
    may_act_for,
    require_acts_for,
)
from licensing.queries.finding import find_offer, find_work
from licensing.services.offers import missing_consents
from licensing.services.pricing import may_price
from licensing.web.amounts import amount_in
from licensing.web.forms import AcceptForm, OfferForm
from licensing.web.grids import rows_of
from licensing.web.offer_forms import (
    KINDS,
    ConditionsForm,
    RevisionForm,
    initial_for,
    initial_of,
    terms_said,
)
from licensing.web.pricing_forms import FreemiumFields
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.web import (
    led_back,
    refusals_at_fields,
    refusals_on,
    refusals_told,
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_offer(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_acts_for(request.user, work.owner)
    kind = request.GET.get("kind", "")
    initial = {"currency": settings.STOA.currency, **initial_for(kind, work)}
    form = OfferForm(request.POST or None, owner=work.owner, initial=initial)
    conditions = ConditionsForm(request.POST or None, initial=initial)
    freemium = FreemiumFields(request.POST or None)
    are_valid = (form.is_valid(), conditions.is_valid(), freemium.is_valid())
    if request.method == "POST" and all(are_valid):
        with refusals_on(form):
            terms = terms_said(form, conditions)
            offer = services.draft_offer(
                request.user,
                work=work,
                code=form.cleaned_data["code"],
                title=terms.title,
                audience=terms.audience,
                licence_id=terms.licence_id,
                price_minor=form.cleaned_data["price_minor"],
                currency=form.cleaned_data["currency"],
                drafted_at=timezone.now(),
                summary=terms.summary,
                decision=terms.decision,
                conditions=terms.conditions,
                private_to=terms.private_to,
                freemium=freemium.cleaned_data["freemium"],
                asking=form.cleaned_data["asking"],
            )
            live = offer.state == OfferState.LIVE
            messages.success(
                request,
                gettext("The offer is live.")
                if live
                else gettext(
                    "The offer is written. It goes live once every co-owner agrees."
                ),
            )
            return redirect(led_back(request, _rights_url(work)))
    context = {
        "form": form,
        "conditions": conditions,
        "freemium": freemium,
        "work": work,
        "kinds": [(key, label, key == kind) for key, (label, _) in KINDS.items()],
        "back": led_back(request, _rights_url(work)),
    }
    return render(request, "licensing/offer_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revise(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = find_offer(request.user, offer_id)
    require_acts_for(request.user, offer.work.owner)
    initial = initial_of(offer.asked)
    form = RevisionForm(request.POST or None, owner=offer.work.owner, initial=initial)
    conditions = ConditionsForm(request.POST or None, initial=initial)
    if request.method == "POST" and all((form.is_valid(), conditions.is_valid())):
        with refusals_on(form):
            offer = services.revise_offer(
                request.user,
                offer=offer,
                said=terms_said(form, conditions),
                revised_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("The new terms wait for every co-owner to agree.")
                if offer.proposed or offer.state == OfferState.DRAFT
                else gettext(
                    "The new terms hold. Orders keep the terms they were placed on."
                ),
            )
            return redirect("licensing:offer-detail", offer.pk)
    context = {
        "form": form,
        "conditions": conditions,
        "work": offer.work,
        "offer": offer,
        "back": reverse("licensing:offer-detail", args=[offer.pk]),
    }
    return render(request, "licensing/offer_new.html", context)


def _rights_url(work: Work) -> str:
    return reverse("licensing:work-detail", args=[work.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def offer_page(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    user = request.user
    if request.method == "POST" and not user.is_authenticated:
        return redirect_to_login(request.path)
    offer = find_offer(user, offer_id)
    standing = queries.standings_of([offer], at=timezone.now())[offer.pk]
    policy = standing.policy
    rows = queries.entitlements_of(user, at=timezone.now()).filter(offer=offer)
    held = list(rows.select_related("holder").order_by("granted_at"))
    may_order = offer.state == OfferState.LIVE and all(
        _is_partial(each) for each in held
    )
    form = AcceptForm(
        request.POST or None,
        user=user,
        licence_sha256=offer.terms.licence_text_id,
        terms_sha256=offer.terms.terms_text_id or "",
        shown_at=timezone.now(),
        older_than_days=policy.older_than_days if policy else None,
        asks=asked_of(offer, standing.price),
    )
    if request.method == "POST" and isinstance(user, User) and form.is_valid():
        with refusals_at_fields(form, code="discount_code"):
            act = request.POST.get("act", "")
            if form.cleaned_data.get("discount_code"):
                count_code(user, at=timezone.now())  # outside what a refusal undoes
            if held and act != "order":
                _accept(request, user, offer, form)
                messages.success(request, gettext("The terms are accepted."))
                return redirect("licensing:work-detail", offer.work_id)
            if act == "cart":
                _gather(request, user, offer, form)
                return redirect("licensing:cart")
            buy = _try if act == "try" else _order
            order = buy(request, user, offer, form)
            if order.state == OrderState.FULFILLED:
                messages.success(request, gettext("It is yours, on these terms."))
            return redirect("licensing:order-detail", order.number)
    said = offer.terms.conditions()
    context = {
        "offer": offer,
        "work": offer.work,
        "form": form,
        "standing": standing,
        "ways": ways_of(standing.price.currency),
        "grid": rows_of(offer.terms.licence_id, said),
        "conditions": said.told(),
        "held": held,
        "may_order": may_order,
        "awaiting": missing_consents(offer),
        **_proposal(user, offer),
    }
    return render(request, "licensing/offer_detail.html", context)


def asked_of(offer: Offer, price: PriceVersion) -> list[str]:
    """Return what a buyer is asked beside the terms, of `forms.WISHED`."""
    costs = price.judged_minor > 0
    return [
        *(["quantity"] if offer.terms.seats else []),
        *(["amount"] if price.is_named_by_buyers else []),
        *(["country"] if costs and settings.STOA.tax_rates else []),
        *(["discount_code"] if costs and price.period != Period.USE else []),
    ]


def _wishes(offer: Offer, form: AcceptForm) -> services.Wishes:
    """Return what a buyer said beside the terms.

    Raises:
        Malformed: what they name is no amount.
    """
    said = form.cleaned_data
    amounts = {}
    if said.get("amount"):
        amounts[offer.pk] = amount_in(said["amount"], offer.price.currency)
    return services.Wishes(
        quantities={offer.pk: said.get("quantity") or 1},
        amounts=amounts,
        code=said.get("discount_code", ""),
        country=said.get("country", "").upper(),
    )


def _is_partial(held: Entitlement) -> bool:
    """Say whether there is reason to order again what is held."""
    part = held.covers_until or held.older_than_days
    return bool(held.is_trial or part or held.seats)


def _proposal(user: AnyUser, offer: Offer) -> dict[str, object]:
    """Return the terms that wait for agreement, for those with a stake in the work."""
    if not has_stake(user, offer.work):
        return {}
    new = offer.proposed
    return {
        "may_revise": may_act_for(user, offer.work.owner),
        "may_price": isinstance(user, User) and may_price(user, offer),
        "proposed": new,
        "changed": new.conditions().told() if new else [],
    }


def _accept(request: HttpRequest, user: User, offer: Offer, form: AcceptForm) -> None:
    said = form.cleaned_data
    services.accept_terms(
        user,
        offer=offer,
        accepted_at=timezone.now(),
        how=circumstances_of(
            request, method=AcceptedBy.PAGE, shown_at=said.get("shown_at")
        ),
        holder=said.get("holder"),
        shown_sha256=said["licence_sha256"],
        shown_terms_sha256=said["terms_sha256"] if "shown_at" in said else None,
    )


@transaction.atomic
def _order(request: HttpRequest, user: User, offer: Offer, form: AcceptForm) -> Order:
    _accept(request, user, offer, form)
    return services.place_order(
        user,
        offers=[offer],
        placed_at=timezone.now(),
        holder=form.cleaned_data.get("holder"),
        only_older=form.cleaned_data.get("only_older", False),
        wishes=_wishes(offer, form),
        **house(),
    )


@transaction.atomic
def _gather(request: HttpRequest, user: User, offer: Offer, form: AcceptForm) -> None:
    _accept(request, user, offer, form)
    services.put_in_cart(
        user,
        offer=offer,
        holder=form.cleaned_data.get("holder"),
        wishes=_wishes(offer, form),
        at=timezone.now(),
    )


@transaction.atomic
def _try(request: HttpRequest, user: User, offer: Offer, form: AcceptForm) -> Order:
    _accept(request, user, offer, form)
    return services.start_trial(
        user,
        offer=offer,
        started_at=timezone.now(),
        holder=form.cleaned_data.get("holder"),
    )


@require_POST
@login_required
def consent(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = find_offer(request.user, offer_id)
    with refusals_told(request):
        services.accept_offer(request.user, offer=offer, accepted_at=timezone.now())
        messages.success(
            request, gettext("You agree to “%(title)s”.") % {"title": offer.terms.title}
        )
    return redirect("licensing:work-detail", offer.work_id)


@require_POST
@login_required
def withdraw(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = find_offer(request.user, offer_id)
    services.withdraw_offer(request.user, offer=offer, withdrawn_at=timezone.now())
    messages.success(
        request,
        gettext("“%(title)s” is closed to new orders. What was granted stays.")
        % {"title": offer.terms.title},
    )
    return redirect("licensing:work-detail", offer.work_id)
