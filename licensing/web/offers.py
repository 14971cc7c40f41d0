"""An offer's page: its terms, its price, and the order."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from licensing import queries, services
from licensing.http import circumstances_of
from licensing.models import AcceptedBy, Offer, Order, OrderState
from licensing.permissions import AnyUser, visible_offers
from licensing.services.offers import missing_consents
from licensing.web.forms import AcceptForm
from licensing.web.grids import rows_of
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.web import refusals_on, refusals_told


def find_offer(user: AnyUser, offer_id: UUID) -> Offer:
    """Return an offer that `user` may read, with its terms, text and price, or 404."""
    seen = visible_offers(user).select_related(
        "work__owner",
        "terms__licence",
        "terms__licence_text",
        "terms__terms_text",
        "price",
    )
    return get_object_or_404(seen, pk=offer_id)


@require_http_methods(["GET", "HEAD", "POST"])
def offer_page(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    user = request.user
    if request.method == "POST" and not user.is_authenticated:
        return redirect_to_login(request.path)
    offer = find_offer(user, offer_id)
    is_held = queries.entitlements_of(user, at=timezone.now()).filter(offer=offer)
    form = AcceptForm(
        request.POST or None,
        user=user,
        licence_sha256=offer.terms.licence_text_id,
        terms_sha256=offer.terms.terms_text_id or "",
        shown_at=timezone.now(),
    )
    if request.method == "POST" and isinstance(user, User) and form.is_valid():
        with refusals_on(form):
            if is_held.exists():
                _accept(request, user, offer, form)
                messages.success(request, "The terms are accepted.")
                return redirect("licensing:work-detail", offer.work_id)
            order = _order(request, user, offer, form)
            if order.state == OrderState.FULFILLED:
                messages.success(request, "It is yours, on these terms.")
            return redirect("licensing:order-detail", order.number)
    context = {
        "offer": offer,
        "work": offer.work,
        "form": form,
        "grid": rows_of(offer.terms.licence_id),
        "is_held": is_held.exists(),
        "awaiting": missing_consents(offer),
    }
    return render(request, "licensing/offer_detail.html", context)


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
        fee_bps=settings.STOA.fee_bps,
        pay_within=timedelta(days=settings.STOA.order_expiry_days),
        holder=form.cleaned_data.get("holder"),
    )


@require_POST
@login_required
def consent(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = find_offer(request.user, offer_id)
    with refusals_told(request):
        services.accept_offer(request.user, offer=offer, accepted_at=timezone.now())
        messages.success(request, f"You agree to “{offer.terms.title}”.")
    return redirect("licensing:work-detail", offer.work_id)


@require_POST
@login_required
def withdraw(request: MemberRequest, offer_id: UUID) -> HttpResponse:
    offer = find_offer(request.user, offer_id)
    services.withdraw_offer(request.user, offer=offer, withdrawn_at=timezone.now())
    messages.success(
        request,
        f"“{offer.terms.title}” is closed to new orders. What was granted stays.",
    )
    return redirect("licensing:work-detail", offer.work_id)
