"""An offer's prices: what they were, what is promised of them, and changing them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, services
from licensing.models import Offer, PriceVersion
from licensing.money import shown
from licensing.queries.finding import find_offer
from licensing.services.pricing import may_price
from licensing.web.pricing_forms import PolicyForm, PriceForm
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields

NEWEST = Order(("number",), descending=True)


@require_safe
def price_list(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    offer, user = find_offer(request.user, offer_id), request.user
    page = page_of(
        offer.prices.all(), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    context = {
        "offer": offer,
        "prices": page.rows,
        "next_url": next_url(request, page),
        "policies": list(offer.policies.select_related("offer").order_by("-number")),
        "standing": queries.standings_of([offer], at=timezone.now())[offer.pk],
        "may_price": isinstance(user, User) and may_price(user, offer),
    }
    return render(request, "licensing/price_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_price(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = _priced_by(request, offer_id)
    form = PriceForm(request.POST or None, initial=_paid_as(offer.price))
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(
            form,
            price_minor="price",
            suggested_minor="suggested",
            period="paid",
            cap_minor="cap",
        ):
            services.change_price(
                request.user,
                offer=offer,
                price_minor=form.cleaned_data["price_minor"],
                currency=form.cleaned_data["currency"],
                changed_at=timezone.now(),
                decision=form.cleaned_data["decision"],
                asking=form.cleaned_data["asking"],
            )
            messages.success(
                request, gettext("The price is changed. Orders keep theirs.")
            )
            return redirect("licensing:offer-prices", offer.pk)
    context = {"form": form, "offer": offer}
    return render(request, "licensing/price_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_policy(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = _priced_by(request, offer_id)
    form = PolicyForm(request.POST or None, initial=_as_it_is(offer))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form, price_minor="price"):
            policy = services.announce_policy(
                request.user,
                offer=offer,
                said=said["freemium"],
                price_minor=said["price_minor"],
                currency=said["currency"],
                announced_at=timezone.now(),
                decision=said["decision"],
            )
            day = f"{policy.takes_effect_at:%d %B %Y}"
            messages.success(
                request,
                gettext("The policy is announced, with effect on %(day)s.")
                % {"day": day},
            )
            return redirect("licensing:offer-prices", offer.pk)
    context = {"form": form, "offer": offer}
    return render(request, "licensing/policy_new.html", context)


def _priced_by(request: MemberRequest, offer_id: UUID) -> Offer:
    offer = find_offer(request.user, offer_id)
    if not may_price(request.user, offer):
        raise PermissionDenied(
            gettext("Only someone who acts for every rights holder may change a price.")
        )
    return offer


def _paid_as(price: PriceVersion) -> dict[str, object]:
    """Return how a price is paid, for the form of another."""
    suggested, cap = price.suggested_minor, price.cap_minor
    return {
        "currency": price.currency,
        "paid": price.period or (price.kind if price.is_named_by_buyers else ""),
        "suggested": shown(suggested, price.currency).split()[0] if suggested else "",
        "cap": shown(cap, price.currency).split()[0] if cap else "",
    }


def _as_it_is(offer: Offer) -> dict[str, object]:
    standing = queries.standings_of([offer], at=timezone.now())[offer.pk]
    now = standing.policy
    minor = now.then_minor if now else standing.price.minor
    currency = now.currency if now else standing.price.currency
    price = shown(minor, currency).split()[0] if minor else ""
    stated = {"notice_days": now.notice_days} if now else {}
    return {"price": price, "currency": currency, **stated}
