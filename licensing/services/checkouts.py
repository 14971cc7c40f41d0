"""Pages at a processor on which orders are paid: opened once, read until they are over."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from licensing.models import (
    Checkout,
    CheckoutState,
    Order,
    PaymentProvider,
)
from licensing.models.payments import LIVE_STATES
from licensing.moves import OrderClosed
from licensing.payments.processor import Processor, SeenCheckout
from licensing.payments.protocol import (
    Due,
    Line,
    ProviderRefused,
    ProviderSilent,
)
from licensing.services.seen import record_seen
from marketplace.accounts.models import User

LONGEST = timedelta(hours=12)  # Stripe remembers keys and pages for twice as long
SHORTEST = timedelta(minutes=35)  # takes no page for less than 30, and clocks err
LONGEST_TITLE = 200


def pay_url(base_url: str, number: str) -> str:
    """Return where a buyer pays an order, and comes back to having paid."""
    return f"{base_url.rstrip('/')}{reverse('licensing:order-pay', args=[number])}"


def begin_checkout(
    actor: User,
    *,
    order: Order,
    processor: Processor,
    back_url: str,
    begun_at: datetime,
) -> Checkout:
    """Return the page on which an order can be paid, opened if none is; twice is once.

    Args:
        actor: the buyer.
        order: what is paid; what is due is read from it.
        processor: where.
        back_url: where the buyer's browser comes back to, paid or not.
        begun_at: now.

    Raises:
        PermissionDenied: it is not `actor`'s order.
        OrderClosed: it waits for no money.
        ProviderSilent: whether a page was opened is not known; asking again is safe.
        ProviderRefused: the processor takes no payment for this.
    """
    if order.buyer_id != actor.pk:
        raise PermissionDenied("Only the buyer may pay an order here.")
    stale = _live(order)
    if stale and not _serves(stale, order, begun_at):
        close_checkout(stale, processor=processor, back_url=back_url, at=begun_at)
    checkout = _reserved(order, begun_at)
    if checkout.state == CheckoutState.OPEN:
        return checkout
    return open_checkout(checkout, processor=processor, back_url=back_url, at=begun_at)


@transaction.atomic
def _reserved(order: Order, at: datetime) -> Checkout:
    """Return the one live checkout of an order that waits for money, made if need be."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    is_over = order.expires_at is not None and order.expires_at <= at
    if not order.is_open or is_over:
        said = "over its time" if order.is_open else order.get_state_display().lower()
        raise OrderClosed(
            gettext("Order %(order_number)s is %(said)s and waits for no money.")
            % {"order_number": order.number, "said": said}
        )
    if live := _live(order):
        return live
    latest = min(order.expires_at or at + LONGEST, at + LONGEST)
    return Checkout.objects.create(
        order=order,
        provider=PaymentProvider.STRIPE,
        state=CheckoutState.CREATING,
        amount_minor=order.due_minor,
        begun_at=at,
        asked_at=at,
        expires_at=max(latest, at + SHORTEST),
    )


def open_checkout(
    checkout: Checkout, *, processor: Processor, back_url: str, at: datetime
) -> Checkout:
    """Ask the processor for a page, or for the one it made when it was asked before.

    Raises:
        ProviderSilent: it did not answer; the checkout is in an unknown state.
        ProviderRefused: it will not; the checkout is closed.
    """
    order = checkout.order
    try:
        asked = processor.ask(
            Due(
                key=str(checkout.pk),
                group=order.number,
                currency=order.currency,
                minor=checkout.amount_minor,
                lines=_lines(order, checkout.amount_minor),
                back_url=back_url,
                expires_at=checkout.expires_at,
            )
        )
    except ProviderSilent:
        _move(checkout, state=CheckoutState.UNKNOWN, asked_at=at)
        raise
    except ProviderRefused:
        _move(checkout, state=CheckoutState.EXPIRED, asked_at=at, closed_at=at)
        raise
    _move(
        checkout,
        state=CheckoutState.OPEN,
        external_id=asked.external_id,
        url=asked.url,
        asked_at=at,
    )
    return checkout


def _move(checkout: Checkout, **changed: object) -> None:
    """Change a checkout that is not open yet; who came first has done it."""
    waiting = [CheckoutState.CREATING, CheckoutState.UNKNOWN]
    Checkout.objects.filter(pk=checkout.pk, state__in=waiting).update(**changed)
    checkout.refresh_from_db()


def close_checkout(
    checkout: Checkout, *, processor: Processor, back_url: str, at: datetime
) -> Checkout:
    """Let nobody pay on a page any more; what was paid on it before is settled.

    Raises:
        ProviderSilent: the processor did not answer.
        ProviderRefused: it knows no such page, and its time is not over.
    """
    seen = have_closed(checkout, processor=processor, back_url=back_url, at=at)
    return record_seen(checkout, seen=seen, at=at) if seen else checkout


def have_closed(
    checkout: Checkout, *, processor: Processor, back_url: str, at: datetime
) -> SeenCheckout | None:
    """Have the processor close a page, and return how it stands, to be recorded.

    Returns:
        None if the page is the processor's no more; that is recorded.

    Raises:
        ProviderSilent: the processor did not answer.
        ProviderRefused: it knows no such page, and its time is not over.
    """
    if not checkout.external_id:
        try:
            open_checkout(checkout, processor=processor, back_url=back_url, at=at)
        except ProviderRefused:
            return None
    try:
        return processor.close_checkout(checkout.external_id)
    except ProviderRefused:
        if checkout.expires_at > at:
            raise
        _forget(checkout, at)
        return None


def _forget(checkout: Checkout, at: datetime) -> None:
    """Close a page that is over and not the processor's, as after a change of its key."""
    live = Checkout.objects.filter(pk=checkout.pk, state__in=LIVE_STATES)
    live.update(state=CheckoutState.EXPIRED, asked_at=at, closed_at=at)
    checkout.refresh_from_db()


def refresh_checkout(
    checkout: Checkout, *, processor: Processor, at: datetime
) -> Checkout:
    """Ask the processor how a checkout stands, and settle what was paid.

    Raises:
        ProviderSilent: it did not answer.
    """
    return record_seen(checkout, seen=processor.checkout(checkout.external_id), at=at)


def _live(order: Order) -> Checkout | None:
    return order.checkouts.filter(state__in=LIVE_STATES).first()


def _serves(checkout: Checkout, order: Order, at: datetime) -> bool:
    is_same = checkout.amount_minor == order.due_minor
    return is_same and order.is_open and checkout.expires_at > at


def _lines(order: Order, minor: int) -> tuple[Line, ...]:
    """Return what is bought, if all of it is due; else what is left of the order."""
    rows = order.lines.select_related("order").order_by("position")
    lines = tuple(
        Line(f"{row.work_title}: {row.offer_title}"[:LONGEST_TITLE], row.gross_minor)
        for row in rows
        if row.gross_minor
    )
    if sum(line.minor for line in lines) == minor:
        return lines
    return (Line(f"What is left to pay of order {order.number}", minor),)
