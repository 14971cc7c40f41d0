"""The cart: what is in it, what it comes to with discount and tax, and the order of it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing import queries, services
from licensing.conditions import MOST_SEATS
from licensing.http import count_code, house, rates_of_now, ways_of
from licensing.models import CartItem, Order, Party
from licensing.money import shown
from licensing.payments import Ways
from licensing.permissions import ACTING, parties_of, visible_subscriptions
from licensing.services import FilledCart, Wishes
from licensing.services.metering import due_minor
from licensing.web.amounts import amount_in
from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order as Keyset
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told

MOST_MONTHS = 60
NEWEST = Keyset(("started_at", "id"), descending=True)


class SumChanged(DomainError):
    """What a cart comes to is not what its buyer saw when they clicked."""

    code = "sum_changed"


class CartForm(forms.Form):
    """How many of each, what is paid where buyers name it, and what is left out."""

    code = forms.CharField(required=False, max_length=40, label=_("Discount code"))
    country = forms.CharField(
        required=False,
        max_length=2,
        label=_("Your country"),
        help_text=_("Where you are taxed, in two letters, such as GR."),
    )
    vat_id = forms.CharField(
        required=False,
        max_length=20,
        label=_("VAT number of your organisation"),
        help_text=_("With the letters of its country, such as EL123456789."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, filled: FilledCart, asks_country: bool
    ) -> None:
        cart, quote = filled.cart, filled.quote
        initial = {
            "code": cart.discount.code if cart.discount else "",
            "country": filled.country,
            "vat_id": filled.vat_id,
            "seen": quote.totals.total_minor if quote else None,
        }
        super().__init__(data, initial=initial, prefix=str(cart.pk)[:8])
        self.filled = filled
        if not asks_country:
            del self.fields["country"]
        if cart.holder.organisation_id is None:
            del self.fields["vat_id"]
        for item in filled.items:
            self._ask_about(item)

    def _ask_about(self, item: CartItem) -> None:
        title, name = item.offer.terms.title, str(item.offer_id)
        if item.offer.terms.seats:
            self.fields[f"quantity-{name}"] = forms.IntegerField(
                min_value=1,
                max_value=MOST_SEATS,
                initial=item.quantity,
                label=gettext("How many of %(title)s") % {"title": title},
            )
        if item.offer.price.is_named_by_buyers:
            named, currency = item.amount_minor, item.offer.price.currency
            self.fields[f"amount-{name}"] = forms.CharField(
                max_length=20,
                initial="" if named is None else shown(named, currency).split()[0],
                label=gettext("What you pay for %(title)s, in %(currency)s")
                % {"title": title, "currency": currency},
            )
        self.fields[f"remove-{name}"] = forms.BooleanField(
            required=False, label=gettext("Take out %(title)s") % {"title": title}
        )

    def ways(self) -> Ways | None:
        """Return how the order would be paid."""
        quote = self.filled.quote
        return ways_of(quote.currency) if quote else None

    @property
    def refusal(self) -> str:
        """Why it cannot be ordered so, without the name that the API has for a field."""
        named, _, said = self.filled.refusal.partition(": ")
        is_field = said and named.isidentifier()
        return said[0].upper() + said[1:] if is_field else self.filled.refusal

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each item with its fields, and what it comes to."""
        quote = self.filled.quote
        lines = quote.totals.lines if quote else [None] * len(self.filled.items)
        for item, line in zip(self.filled.items, lines, strict=True):
            name = str(item.offer_id)
            yield {
                "item": item,
                "line": line,
                "fields": [
                    self[field]
                    for field in (
                        f"quantity-{name}",
                        f"amount-{name}",
                        f"remove-{name}",
                    )
                    if field in self.fields
                ],
            }

    def general(self) -> list[forms.BoundField]:
        """Return what is asked of the whole."""
        wanted = ("code", "country", "vat_id", "seen")
        return [self[name] for name in wanted if name in self.fields]

    def kept(self) -> tuple[list[CartItem], Wishes]:
        """Return what stays in the cart, and what else is said.

        Raises:
            Malformed: what somebody names to pay is no amount.
        """
        said = self.cleaned_data
        kept = [
            item for item in self.filled.items if not said[f"remove-{item.offer_id}"]
        ]
        return kept, Wishes(
            quantities={
                item.offer_id: said.get(f"quantity-{item.offer_id}", 1) for item in kept
            },
            amounts={
                item.offer_id: amount_in(named, item.offer.price.currency)
                for item in kept
                if (named := said.get(f"amount-{item.offer_id}"))
            },
            code=said["code"],
            country=said.get("country", "").upper(),
            vat_id=said.get("vat_id", "").upper().replace(" ", ""),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cart(request: MemberRequest) -> HttpResponse:
    now, rates = timezone.now(), rates_of_now()
    asks_country = bool(rates["taxes"].rates)
    sent: CartForm | None = None
    if request.method == "POST":
        holder = _holder(request)
        filled = services.cart_of(request.user, at=now, **rates, holder=holder)
        sent = CartForm(request.POST, filled=filled, asks_country=asks_country)
        if sent.is_valid():
            with refusals_at_fields(sent):
                return redirect(_done(request, sent, holder))
    shown_forms = [
        sent
        if sent is not None and sent.filled.cart.pk == each.cart.pk
        else CartForm(None, filled=each, asks_country=asks_country)
        for each in services.carts_of(request.user, at=now, **rates)
    ]
    if sent is not None and sent not in shown_forms:
        messages.error(
            request, gettext("There is nothing in this cart. See your orders.")
        )
    return render(request, "licensing/cart.html", {"forms": shown_forms})


def _holder(request: MemberRequest) -> Party | None:
    """Return whom the cart is for, if not for who sends the form.

    Raises:
        Http404: they act for no such organisation, or not any more.
    """
    given = request.POST.get("holder", "")
    if not given:
        return None
    for party in parties_of(request.user, roles=ACTING):
        if str(party.pk) == given:
            return party if party.organisation_id else None
    raise Http404(gettext("You act for no such party."))


def _done(request: MemberRequest, form: CartForm, holder: Party | None) -> str:
    """Do what the form says; return where that leads."""
    code = form.cleaned_data["code"].upper()
    if code and code != form.initial["code"]:
        count_code(request.user, at=timezone.now())
    if request.POST.get("act") == "order":
        order = _order(request, form, holder)
        return reverse("licensing:order-detail", args=[order.number])
    _fill(request, form, holder)
    return reverse("licensing:cart")


def _fill(request: MemberRequest, form: CartForm, holder: Party | None) -> None:
    kept, wishes = form.kept()
    services.fill_cart(
        request.user,
        offers=[item.offer for item in kept],
        wishes=wishes,
        at=timezone.now(),
        holder=holder,
    )


@transaction.atomic
def _order(request: MemberRequest, form: CartForm, holder: Party | None) -> Order:
    """Order what the form says, if that still comes to what its sender saw."""
    _fill(request, form, holder)
    order = services.order_cart(
        request.user, ordered_at=timezone.now(), holder=holder, **house()
    )
    if order.total_minor != form.cleaned_data["seen"]:
        raise SumChanged(
            gettext(
                "It comes to %(total_minor)s now. Press “Update”, look at the sum, "
                "and order then."
            )
            % {"total_minor": shown(order.total_minor, order.currency)}
        )
    return order


@require_safe
@login_required
def subscriptions(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.with_renewals(visible_subscriptions(request.user)),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    used = services.usage_of(request.user)[:MOST_MONTHS]
    context = {
        "subscriptions": page.rows,
        "next_url": next_url(request, page),
        "usage": [
            (row, due_minor(row.entitlement.line.price_version, row.requests))
            for row in used
        ],
    }
    return render(request, "licensing/subscription_list.html", context)


@require_POST
@login_required
def stop(request: MemberRequest, subscription_id: str) -> HttpResponse:
    seen = visible_subscriptions(request.user)
    found = get_object_or_404(seen, pk=subscription_id)
    with refusals_told(request):
        row = services.stop_subscription(
            request.user, subscription=found, stopped_at=timezone.now()
        )
        messages.success(
            request,
            gettext("It ends on %(row_paid_until)s, and is yours until then.")
            % {"row_paid_until": f"{timezone.localdate(row.paid_until):%-d %B %Y}"},
        )
    return redirect("licensing:subscriptions")
