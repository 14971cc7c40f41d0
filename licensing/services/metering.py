"""Use that is paid for after each month: counted as bytes leave, ordered, ended unpaid.

A request is a file taken. What a month comes to is rounded down, and never above the cap
of the price that the entitlement was ordered at.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from licensing.models import Entitlement, Order, PriceKind, PriceVersion, Usage, Work
from licensing.queries.access import entitlements_of
from licensing.services.letters import tell_of_use
from licensing.services.reorders import order_again
from licensing.totals import Taxes
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act

A_THOUSAND = 1000
MOST_AT_ONCE = 500


def month_of(at: datetime) -> date:
    """Return the first day of a moment's month, in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def due_minor(price: PriceVersion, requests: int) -> int:
    """Return what a month's requests come to, in minor units."""
    used = requests * price.minor // A_THOUSAND
    return used if price.cap_minor is None else min(used, price.cap_minor)


def record_use(user: User, *, work: Work, at: datetime, requests: int = 1) -> None:
    """Count what somebody takes of a work that they have by use alone.

    Cost: two queries; two more with the first of a month.
    """
    held = entitlements_of(user, at=at).filter(offer__work=work, is_trial=False)
    metered = held.filter(line__price_version__kind=PriceKind.METERED)
    pk = metered.order_by("granted_at", "pk").values_list("pk", flat=True).first()
    if pk is None:
        return
    counted = Usage.objects.filter(entitlement=pk, month=month_of(at))
    if not counted.update(requests=F("requests") + requests):
        Usage.objects.bulk_create(
            [Usage(entitlement_id=pk, month=month_of(at))], ignore_conflicts=True
        )
        counted.update(requests=F("requests") + requests)


@transaction.atomic
def bill_usage(
    now: datetime, *, fee_bps: int, pay_within: timedelta, taxes: Taxes
) -> list[str]:
    """Order what was used in the months that are over; return the orders' numbers.

    Args:
        now: the moment; what is counted in its month is for the next.
        fee_bps: the platform's part now; the orders keep it.
        pay_within: how long they wait for money.
        taxes: the operator's rates of now, by the country of the first order.
    """
    unbilled = Usage.objects.filter(billed_at__isnull=True, month__lt=month_of(now))
    rows = unbilled.select_for_update(of=("self",), skip_locked=True).select_related(
        "entitlement__line__order__buyer",
        "entitlement__line__price_version",
        "entitlement__line__offer_version__offer__work",
    )
    numbers = []
    for row in rows.order_by("month", "pk")[:MOST_AT_ONCE]:
        first, row.billed_at = row.entitlement.line, now
        minor = due_minor(first.price_version, row.requests)
        if minor:
            row.line = order_again(
                first,
                price_minor=minor,
                placed_at=now,
                expires_at=now + pay_within,
                fee_bps=fee_bps,
                taxes=taxes,
            )
            tell_of_use(row.line, month=row.month, requests=row.requests)
            record_act(None, "bill_usage", row.line.order, at=now)
            numbers.append(row.line.order.number)
        row.save(update_fields=["billed_at", "line"])
    return numbers


def end_unpaid_use(orders: Collection[Order], *, at: datetime) -> None:
    """End what was had by use, where an order for what was used came to nothing."""
    unpaid = Entitlement.objects.filter(
        usage__line__order__in=orders, revoked_at__isnull=True
    )
    unpaid.filter(pk__in=unpaid.values("pk")).update(
        ends_at=at, stopped_because="What was used was not paid."
    )


def usage_of(user: User) -> QuerySet[Usage]:
    """Return what was counted for what somebody ordered, the last month first."""
    rows = Usage.objects.filter(entitlement__line__order__buyer=user)
    related = rows.select_related(
        "entitlement__line__price_version", "entitlement__offer__work", "line__order"
    )
    return related.order_by("-month", "-id")
