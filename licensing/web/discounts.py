"""Codes of owners, and of the operator: the list, a form to make one, closing one."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
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

from licensing import services
from licensing.http import count_code
from licensing.lineage import holders_of
from licensing.models import Offer, OfferState, Party
from licensing.money import CURRENCIES, NotAnAmount, parse
from licensing.permissions import ACTING, may_act_for, parties_of, visible_discounts
from licensing.services import DiscountTerms
from licensing.services.discounts import MOST_OFFERS, MOST_USES
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.accounts.proof import proven_when
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import (
    UtcMoment,
    choose_from,
    refusals_at_fields,
    refusals_told,
)

NEWEST = Order(("made_at", "id"), descending=True)


class DiscountForm(forms.Form):
    """A code and what it takes off; the owner of the offers gives it."""

    code = forms.CharField(
        max_length=40,
        help_text=_(
            "4 to 40 letters, digits and hyphens. Who knows it may use it, so that "
            "one for few people should be hard to guess."
        ),
        label=_("Code"),
    )
    percent = forms.DecimalField(
        required=False,
        min_value=0.01,
        max_value=100,
        decimal_places=2,
        label=_("Per cent off"),
        help_text=_("Or an amount, below."),
    )
    amount = forms.CharField(
        required=False, max_length=20, label=_("Amount off a whole order")
    )
    currency = forms.ChoiceField(
        choices=[("", "")] + [(code, code) for code in sorted(CURRENCIES)],
        required=False,
        help_text=_("Of the amount."),
        label=_("Currency"),
    )
    offers = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("For which offers"),
    )
    valid_from = UtcMoment(
        required=False, help_text=_("In UTC; empty is now."), label=_("Valid from")
    )
    valid_until = UtcMoment(
        required=False,
        help_text=_("In UTC; empty is for ever."),
        label=_("Valid until"),
    )
    max_uses = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_USES,
        label=_("How often it may be used"),
    )
    max_uses_each = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_USES,
        label=_("How often by one person"),
    )
    domains = forms.CharField(
        required=False,
        max_length=5000,
        label=_("Only for addresses at"),
        help_text=_(
            "Such as uoa.gr ntua.gr; who uses it has confirmed an address there."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.known = {str(offer.pk): offer for offer in offers_to_choose(user)}
        choose_from(
            self,
            "offers",
            [
                (pk, f"{offer.work.title}: {offer.terms.title}")
                for pk, offer in self.known.items()
            ],
        )
        if user.is_staff:
            self.fields["offers"].help_text = gettext(
                "None is all offers here, as the operator’s code. For others’ offers it "
                "takes off the platform’s fee alone: owners get what they would without."
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.user.is_staff and not said.get("offers"):
            self.add_error("offers", gettext("Choose what the code is for."))
        if not self.user.is_staff and len(self.owners()) > 1:
            self.add_error(
                "offers",
                gettext("Choose those of one owner, and make the others another code."),
            )
        said["amount_minor"] = None
        if said.get("amount"):
            currency = said["currency"] = said.get("currency") or settings.STOA.currency
            try:
                said["amount_minor"] = parse(said["amount"], currency)
            except NotAnAmount as fault:
                self.add_error("amount", str(fault))
        else:
            said["currency"] = ""
        return said

    def said(self) -> DiscountTerms:
        said = self.cleaned_data
        percent = said["percent"]
        return DiscountTerms(
            valid_from=said["valid_from"] or timezone.now(),
            percent_bps=None if percent is None else int(percent * 100),
            amount_minor=said["amount_minor"],
            currency=said["currency"],
            domains=said["domains"].replace(",", " ").split(),
            valid_until=said["valid_until"],
            max_uses=said["max_uses"],
            max_uses_each=said["max_uses_each"],
        )

    def chosen(self) -> list[Offer]:
        return [self.known[pk] for pk in self.cleaned_data.get("offers", ())]

    def owners(self) -> list[Party]:
        return list({offer.work.owner for offer in self.chosen()})

    def issuer(self, user: User) -> Party | None:
        """Return who gives it: the one owner of the offers, or the operator."""
        owners = self.owners()
        is_theirs = len(owners) == 1 and may_act_for(user, owners[0])
        return owners[0] if is_theirs or not user.is_staff else None


def offers_to_choose(user: User) -> QuerySet[Offer]:
    """Return the offers that somebody may make a code for: the newest, by title."""
    live = Offer.objects.filter(state=OfferState.LIVE)
    if not user.is_staff:
        mine = set(parties_of(user, roles=ACTING).values_list("pk", flat=True))
        works = live.filter(work__owner__in=mine).values_list("work", flat=True)
        held = holders_of(set(works))
        live = live.filter(
            work__in=[work for work, holders in held.items() if holders <= mine]
        )
    newest = live.order_by("-drafted_at").values("pk")[:MOST_OFFERS]
    found = Offer.objects.filter(pk__in=newest).select_related("work__owner", "terms")
    return found.order_by("work__title", "code")


@require_safe
@login_required
def discounts(request: MemberRequest) -> HttpResponse:
    page = page_of(
        visible_discounts(request.user).prefetch_related("offers__terms"),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"discounts": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/discount_list.html", context)


@proven_when
def proven_of_staff(request: MemberRequest) -> bool:
    """Ask staff for the password again, whose codes may be the operator's."""
    return request.method == "POST" and request.user.is_staff


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@proven_of_staff
def new_discount(request: MemberRequest) -> HttpResponse:
    form = DiscountForm(
        request.POST or None,
        user=request.user,
        initial={"offers": request.GET.getlist("offer")},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, percent_bps="percent", amount_minor="amount"):
            count_code(request.user, at=timezone.now())
            made = services.make_discount(
                request.user,
                code=form.cleaned_data["code"],
                issuer=form.issuer(request.user),
                offers=form.chosen(),
                said=form.said(),
                made_at=timezone.now(),
            )
            messages.success(
                request, gettext("The code %(code)s is made.") % {"code": made.code}
            )
            return redirect("licensing:discounts")
    return render(request, "licensing/discount_new.html", {"form": form})


@require_POST
@login_required
def close(request: MemberRequest, discount_id: UUID) -> HttpResponse:
    found = get_object_or_404(visible_discounts(request.user), pk=discount_id)
    with refusals_told(request):
        closed = services.close_discount(
            request.user, discount=found, closed_at=timezone.now()
        )
        messages.success(
            request,
            gettext("%(code)s gives nothing from now on. Orders keep what it gave.")
            % {"code": closed.code},
        )
    return redirect("licensing:discounts")
