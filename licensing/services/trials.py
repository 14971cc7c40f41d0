"""Trying what is sold: free, for some days, once for each person or organisation."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.models import Entitlement, Offer, Order, OrderLine, OrderState, Party
from licensing.permissions import may_act_for
from licensing.services.eligibility import OrderRefused, refuse_unfit
from licensing.services.numbers import new_number
from licensing.services.orderable import lock_offers, read_orderable
from licensing.services.works import party_of_user
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act


@transaction.atomic
def start_trial(
    user: User, *, offer: Offer, started_at: datetime, holder: Party | None = None
) -> Order:
    """Give what an offer gives, free and for as many days as it may be tried.

    It is an order over nothing, with an entitlement that ends. Who tried may order.

    Args:
        user: who tries it; they have accepted its terms.
        offer: live, with a trial.
        started_at: when.
        holder: for whom, if not for `user` themselves: a party they act for.

    Raises:
        PermissionDenied: `user` does not act for `holder`.
        OfferWithdrawn: the offer is not open.
        AcceptanceRequired: its current terms are not accepted.
        OrderRefused: there is no trial, it was tried before, is held, or is for others.
    """
    holder = holder or party_of_user(user)
    if not may_act_for(user, holder):
        raise PermissionDenied(f"You do not try things for {holder}.")
    lock_offers([offer])
    (found,) = read_orderable(user, offers=[offer], holder=holder, at=started_at)
    current = found.offer
    refuse_unfit(holder, [current], at=started_at)
    days = current.terms.trial_days
    if days is None:
        raise OrderRefused(
            gettext("“%(terms_title)s” has no trial; order it.")
            % {"terms_title": current.terms.title}
        )
    had = Entitlement.objects.filter(offer=current, holder=holder)
    if had.exists():
        raise OrderRefused(
            gettext("%(holder)s has had “%(terms_title)s” before; order it.")
            % {"holder": holder, "terms_title": current.terms.title}
        )
    order = Order.objects.create(
        number=new_number(),
        buyer=user,
        holder=holder,
        state=OrderState.FULFILLED,
        currency=current.price.currency,
        total_minor=0,
        fee_bps=0,
        placed_at=started_at,
        closed_at=started_at,
        closing_note=f"A trial of {days} days.",
    )
    line = OrderLine.objects.create(
        order=order,
        position=1,
        offer_version=current.terms,
        price_version=current.price,
        share_set_id=found.share_set_id,
        acceptance_id=found.acceptance_id,
        work_title=current.work.title,
        offer_title=current.terms.title,
        price_minor=0,
        fee_minor=0,
    )
    Entitlement.objects.create(
        line=line,
        offer=current,
        holder=holder,
        granted_at=started_at,
        ends_at=started_at + timedelta(days=days),
        covers_until=None if current.terms.includes_updates else started_at,
        seats=current.terms.seats,
        is_trial=True,
    )
    record_act(user, "start_trial", order, at=started_at, days=days)
    return order
