"""Orders: placed, cancelled."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.models import LetterKind, Offer, Order, OrderLine, OrderState, Party
from licensing.moves import OrderClosed, move
from licensing.permissions import may_act_for
from licensing.services.discounts import use_discount
from licensing.services.eligibility import refuse_unfit
from licensing.services.fulfilment import grant, lines_of
from licensing.services.letters import promise_letters
from licensing.services.numbers import new_number
from licensing.services.orderable import lock_offers, read_orderable, refuse_had
from licensing.services.prices import take_places
from licensing.services.quotes import NO_WISHES, Wishes, quote_of
from licensing.services.undoing import undo_orders
from licensing.services.works import party_of_user
from licensing.totals import NO_TAXES, Taxes
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed

MOST_LINES = 20
TIME_TO_PAY_AT_ONCE = timedelta(minutes=5)  # whoever does gets one letter, not two


@transaction.atomic
def place_order(  # noqa: PLR0913  an order is made of this many facts
    user: User,
    *,
    offers: Sequence[Offer],
    placed_at: datetime,
    fee_bps: int,
    pay_within: timedelta,
    holder: Party | None = None,
    only_older: bool = False,
    wishes: Wishes = NO_WISHES,
    taxes: Taxes = NO_TAXES,
) -> Order:
    """Order offers at their prices of now. One that costs nothing is fulfilled at once.

    Args:
        user: who buys; they have accepted the terms of each offer.
        offers: 1 to 20 different ones, live, priced in one currency.
        placed_at: when.
        fee_bps: the platform's part now; the order keeps it.
        pay_within: how long the order waits for money.
        holder: for whom, if not for `user` themselves: a party they act for.
        only_older: only the versions that the offers' policies make free for their age.
        wishes: what else the buyer says.
        taxes: the operator's rates of now; the order keeps the one of its country.

    Raises:
        Malformed: no offers, too many, or one twice; a quantity, an amount, a country or an
            id of VAT that cannot be.
        PermissionDenied: `user` does not act for `holder`.
        OfferWithdrawn: an offer is not open.
        AcceptanceRequired: the current terms of one are not accepted.
        OrderRefused: currencies differ, one is held already, is waited for, is over, or
            is for others, or a free place is asked for beside what costs something.
        NoFreePlaceLeft: the free places are taken, and nothing is charged yet.
        NotFreeByAge: `only_older`, and an offer has no older versions that are free.
        DiscountRefused: the code gives nothing for this order.

    Cost: 8 queries without a code, free places and policies, however many the offers;
    10 with a code, 12 with one that is for some domains and so many times a person.
    """
    check_offers(offers)
    if holder is None:
        holder = party_of_user(user)
    elif not may_act_for(user, holder):
        raise PermissionDenied(f"You do not buy for {holder}.")
    lock_offers(offers)
    return place_locked(
        user,
        offers=offers,
        placed_at=placed_at,
        fee_bps=fee_bps,
        pay_within=pay_within,
        holder=holder,
        only_older=only_older,
        wishes=wishes,
        taxes=taxes,
    )


def place_locked(  # noqa: PLR0913  the facts of `place_order`, whose second half it is
    user: User,
    *,
    offers: Sequence[Offer],
    placed_at: datetime,
    fee_bps: int,
    pay_within: timedelta,
    holder: Party,
    only_older: bool = False,
    wishes: Wishes = NO_WISHES,
    taxes: Taxes = NO_TAXES,
) -> Order:
    """Order offers whose rows are locked, for a party that `user` acts for.

    It is a part of `place_order`, for who has locked and asked already; call it in the
    transaction that did.
    """
    orderable = read_orderable(
        user, offers=offers, holder=holder, at=placed_at, only_older=only_older
    )
    current = [each.offer for each in orderable]
    refuse_unfit(holder, current, at=placed_at, quantities=wishes.quantities)
    refuse_had(holder, orderable)
    quote = quote_of(
        user,
        offers=current,
        at=placed_at,
        only_older=only_older,
        wishes=wishes,
        taxes=taxes,
        fee_bps=fee_bps,
        stated={each.offer.pk for each in orderable if each.has_policy},
        repriced={each.offer.pk for each in orderable if each.is_repriced},
    )
    totals, charges = quote.totals, quote.charges
    is_free = totals.total_minor == 0
    order = Order.objects.create(
        number=new_number(),
        buyer=user,
        holder=holder,
        state=OrderState.FULFILLED if is_free else OrderState.AWAITING_PAYMENT,
        currency=quote.currency,
        **totals.kept,
        vat_id=wishes.vat_id,
        fee_bps=fee_bps,
        placed_at=placed_at,
        expires_at=None if is_free else placed_at + pay_within,
        closed_at=placed_at if is_free else None,
    )
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            offer_version=each.offer.terms,
            price_version=charges[each.offer.pk].price,
            share_set_id=each.share_set_id,
            acceptance_id=each.acceptance_id,
            work_title=each.offer.work.title,
            offer_title=each.offer.terms.title,
            quantity=charges[each.offer.pk].quantity,
            price_minor=line.price_minor,
            discount_minor=line.discount_minor,
            tax_minor=line.tax_minor,
            fee_minor=line.fee_minor,
            older_than_days=charges[each.offer.pk].older_than_days,
        )
        for position, (each, line) in enumerate(
            zip(orderable, totals.lines, strict=True), start=1
        )
    )
    take_places(charges, lines)
    if quote.discount is not None:
        use_discount(quote.discount, order=order, used_at=placed_at)
    if is_free:
        grant(lines_of([order]), granted_at=placed_at)
        promise_letters([order], kind=LetterKind.SETTLED, due_at=placed_at)
    else:
        promise_letters(
            [order], kind=LetterKind.PLACED, due_at=placed_at + TIME_TO_PAY_AT_ONCE
        )
    record_act(
        user,
        "place_order",
        order,
        at=placed_at,
        total_minor=order.total_minor,
        currency=order.currency,
    )
    return order


@transaction.atomic
def cancel_order(actor: User, *, order: Order, cancelled_at: datetime) -> Order:
    """Take back an order before any money came in; twice is once.

    Raises:
        PermissionDenied: it is not `actor`'s order.
        OrderClosed: money came in or it is closed; the message says what to do.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.buyer_id != actor.pk:
        raise PermissionDenied("Only the buyer may cancel an order.")
    if order.state == OrderState.CANCELLED:
        return order
    if order.state != OrderState.AWAITING_PAYMENT:
        raise OrderClosed(
            gettext(
                "Order %(order_number)s is %(lower)s and cannot be cancelled. Ask "
                "the operator about money that was sent."
            )
            % {"order_number": order.number, "lower": order.get_state_display().lower()}
        )
    if order.lines.filter(usage__isnull=False).exists():
        raise OrderClosed(
            gettext(
                "Order %(order_number)s is for what was used already. Pay it, or ask "
                "the operator about it."
            )
            % {"order_number": order.number}
        )
    move(order, to=OrderState.CANCELLED, at=cancelled_at)
    undo_orders([order], at=cancelled_at, because="You cancelled its renewal.")
    record_act(actor, "cancel_order", order, at=cancelled_at)
    return order


def check_offers(offers: Sequence[Offer]) -> None:
    """Return if this many different offers make an order.

    Raises:
        Malformed: none, too many, or one twice.
    """
    if not 1 <= len(offers) <= MOST_LINES or len({o.pk for o in offers}) < len(offers):
        raise Malformed(
            gettext("offers: name 1 to %(most_lines)s different offers.")
            % {"most_lines": MOST_LINES}
        )
