"""Subscriptions: renewed by an order before each period ends, stopped, ended unpaid.

A renewal is paid like any order. While it waits, what was had goes on for some days of
grace after the period; paid within them, the next period begins where the last ended.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from licensing.models import (
    Entitlement,
    OfferState,
    Order,
    OrderState,
    Subscription,
    SubscriptionPeriod,
)
from licensing.models.orders import OPEN_STATES
from licensing.moves import OrderClosed, move
from licensing.periods import end_of_period
from licensing.permissions import may_act_for
from licensing.services.letters import tell_of_renewal
from licensing.services.reorders import order_again
from licensing.totals import Taxes
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act

GRACE = timedelta(days=7)
TAKEN_BACK = "What was paid last was refunded or is disputed."
TOO_LATE = "It was not renewed in time."
NO_LONGER_OFFERED = "The offer is closed, and is not renewed."
MOST_AT_ONCE = 500


@transaction.atomic
def stop_subscription(
    actor: User, *, subscription: Subscription, stopped_at: datetime
) -> Subscription:
    """Let a subscription end with the period that is paid; twice is once.

    A renewal that waits for payment is cancelled with it.

    Raises:
        PermissionDenied: `actor` neither ordered it nor acts for who has it.
        OrderClosed: the renewal is partly paid; the message says what to do.
    """
    waiting = Order.objects.filter(
        lines__period__subscription=subscription, state__in=OPEN_STATES
    )
    held = list(waiting.select_for_update(of=("self",)))
    row = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)
    if row.buyer_id != actor.pk and not may_act_for(actor, row.holder):
        raise PermissionDenied("Only who ordered it may stop a subscription.")
    if row.stopped_at is not None:
        return row
    if waiting.count() > len(held):
        raise OrderClosed(gettext("It was renewed a moment ago. Try again."))
    for order in held:
        if order.state != OrderState.AWAITING_PAYMENT:
            raise OrderClosed(
                gettext(
                    "Order %(order_number)s renews it and is partly paid. Ask the "
                    "operator about the money that was sent."
                )
                % {"order_number": order.number}
            )
        move(order, to=OrderState.CANCELLED, at=stopped_at)
    _stop(row, at=stopped_at, because="")
    record_act(actor, "stop_subscription", row, at=stopped_at)
    return row


def stop_unpaid(orders: Collection[Order], *, at: datetime, because: str) -> None:
    """Stop the subscriptions that these orders, which came to nothing, were to renew.

    Cost: one query if there are none.
    """
    rows = Subscription.objects.filter(
        periods__line__order__in=orders, stopped_at__isnull=True
    )
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        _stop(row, at=at, because=because)


@transaction.atomic
def renew_subscriptions(
    now: datetime, *, fee_bps: int, ahead: timedelta, taxes: Taxes
) -> list[str]:
    """Order the next period of what ends soon, and end what was stopped or not paid.

    Args:
        now: the moment.
        fee_bps: the platform's part now; the orders keep it.
        ahead: how long before the end of a period its renewal is ordered.
        taxes: the operator's rates of now, by the country of the order before.

    Returns:
        The numbers of the orders placed; the rest, if there is more, is for the next
        call.
    """
    numbers = []
    ordered = SubscriptionPeriod.objects.filter(
        subscription=OuterRef("pk"), starts_at__gte=OuterRef("paid_until")
    )
    due = Subscription.objects.filter(
        ~Exists(ordered), stopped_at__isnull=True, paid_until__lte=now + ahead
    )
    for row in _locked(due):
        last = row.periods.latest("number")
        if last.starts_at >= row.paid_until:
            continue  # another worker ordered it after we looked and before we held it
        if reason := _why_not(row, now):
            _stop(row, at=now, because=reason)
        else:
            order = _renew(row, last, now, fee_bps=fee_bps, taxes=taxes)
            numbers.append(order.number)
    over = Q(stopped_at__isnull=False, paid_until__lte=now)
    for row in _locked(Subscription.objects.filter(over, ended_at__isnull=True)):
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        record_act(None, "end_subscription", row, at=now)
    return numbers


def _why_not(row: Subscription, now: datetime) -> str:
    """Return why it is not renewed; empty if it is."""
    if row.offer.state != OfferState.LIVE or row.offer.work.is_withheld:
        return NO_LONGER_OFFERED
    if now > row.paid_until + GRACE:
        return TOO_LATE
    last = _last_granted(row)
    is_taken_back = last is None or last.revoked_at or last.suspended_at
    return TAKEN_BACK if is_taken_back else ""


def _renew(
    row: Subscription,
    last: SubscriptionPeriod,
    now: datetime,
    *,
    fee_bps: int,
    taxes: Taxes,
) -> Order:
    first = row.first_line
    line = order_again(
        first,
        price_minor=first.price_version.minor * first.quantity,
        placed_at=now,
        expires_at=max(row.paid_until, now) + GRACE,
        fee_bps=fee_bps,
        taxes=taxes,
    )
    order = line.order
    SubscriptionPeriod.objects.create(
        subscription=row,
        number=last.number + 1,
        line=line,
        starts_at=row.paid_until,
        ends_at=_end_after(row, last),
    )
    _let_end(row, at=max(row.paid_until, now) + GRACE)
    tell_of_renewal(order, line=line, paid_until=row.paid_until)
    record_act(None, "renew_subscription", row, at=now, order=order.number)
    return order


def _end_after(row: Subscription, last: SubscriptionPeriod) -> datetime:
    """Return the end of the period after the last, on the day on which the first began.

    Once one was paid late, and so lasted longer, each goes on from where that ended.
    """
    period = row.first_line.price_version.period
    on_day = end_of_period(row.started_at, period=period, count=last.number)
    if row.paid_until == on_day:
        return end_of_period(row.started_at, period=period, count=last.number + 1)
    return end_of_period(row.paid_until, period=period, count=1)


def _stop(row: Subscription, *, at: datetime, because: str) -> None:
    """Let nothing follow on the period that is paid, and take back the days of grace."""
    row.stopped_at, row.stopped_because = at, because
    row.save(update_fields=["stopped_at", "stopped_because"])
    _let_end(row, at=max(row.paid_until, at))


def _let_end(row: Subscription, *, at: datetime) -> None:
    last = _last_granted(row)
    if last is not None:
        last.ends_at = at
        last.save(update_fields=["ends_at"])


def _last_granted(row: Subscription) -> Entitlement | None:
    """Return what was granted for the last period that is paid."""
    granted = Entitlement.objects.filter(line__period__subscription=row)
    return granted.order_by("-line__period__number").first()


def _locked(rows: QuerySet[Subscription]) -> list[Subscription]:
    """Return some of these, held, that nobody else works on; those due first."""
    held = rows.select_for_update(of=("self",), skip_locked=True)
    related = held.select_related(
        "offer__work",
        "first_line__order",
        "first_line__price_version",
        "first_line__offer_version__offer__work",
    )
    return list(related.order_by("paid_until", "pk")[:MOST_AT_ONCE])
