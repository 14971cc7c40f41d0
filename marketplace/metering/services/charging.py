"""Charges days that are over, once each, and tells owners before a budget is used up.

What a month comes to is rounded down for each meter, and each day is charged what that
grew by. Nobody is charged more than their limit, or than they paid in.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from licensing import services as licensing
from licensing.models import Prepaid
from licensing.money import shown
from marketplace.accounts.models import Letter, Namespace
from marketplace.accounts.services import notify
from marketplace.metering.calendar import day_of, month_of, next_month
from marketplace.metering.models import Budget, DayOfUse, Meter, Tariff
from marketplace.metering.prices import NOTHING, at_most, whole
from marketplace.metering.queries import (
    owners_of,
    prices_of,
    standing_of,
    tariff_at,
    tariff_of,
)

CHARGED_AFTER = timedelta(hours=1)  # by then what ended that day was counted
MOST_USED_UP = 80  # per cent


def charge_days(at: datetime) -> int:
    """Charge all days that are over; return how many were closed.

    Any number may do so at once, and be killed at any point: each day of a namespace and a
    meter is charged once.
    """
    first = Tariff.objects.aggregate(first=Min("from_month"))["first"]
    if first is None or tariff_at(at) is None:
        return 0
    over = DayOfUse.objects.filter(
        charged_at=None, day__gte=first, day__lt=day_of(at - CHARGED_AFTER)
    )
    waiting = over.order_by("namespace").values_list("namespace", flat=True).distinct()
    return sum(_charge(pk, at=at) for pk in list(waiting))


@transaction.atomic
def _charge(namespace_id: int, *, at: datetime) -> int:
    budget = Budget.objects.select_for_update().filter(pk=namespace_id).first()
    over = DayOfUse.objects.filter(
        namespace=namespace_id, charged_at=None, day__lt=day_of(at - CHARGED_AFTER)
    )
    rows = list(over.select_for_update().order_by("day", "meter"))
    for row in rows:
        _charge_day(row, budget, at=at)
    return len(rows)


def _charge_day(row: DayOfUse, budget: Budget | None, *, at: datetime) -> None:
    tariff = tariff_of(row.day.replace(day=1))
    due = 0 if tariff is None else _due(row, tariff)
    row.charged_at = at
    row.charged_minor = min(due, _payable(row, budget)) if budget else 0
    row.uncovered_minor = due - row.charged_minor
    if budget and row.charged_minor:
        licensing.charge_prepaid(
            Prepaid.objects.get(pk=budget.prepaid_id),
            key=f"usage:{row.namespace_id}:{row.meter.lower()}:{row.day}",
            minor=row.charged_minor,
            at=at,
        )
    row.save(update_fields=["charged_at", "charged_minor", "uncovered_minor"])


def _due(row: DayOfUse, tariff: Tariff) -> int:
    """Return what a day adds to its month, in whole minor units."""
    month = row.day.replace(day=1)
    before = DayOfUse.objects.filter(
        namespace=row.namespace_id,
        meter=row.meter,
        day__gte=month,
        day__lt=next_month(month),
        charged_at__isnull=False,
    ).aggregate(
        priced=Sum("priced"), paid=Sum("charged_minor"), unpaid=Sum("uncovered_minor")
    )
    amount = (before["priced"] or NOTHING) + row.priced
    cost = prices_of(tariff).cost(Meter(row.meter), amount)
    return max(whole(cost) - (before["paid"] or 0) - (before["unpaid"] or 0), 0)


def _payable(row: DayOfUse, budget: Budget) -> int:
    """Return the most that may be charged for a day: by the limit, and what was paid in."""
    left = Prepaid.objects.get(pk=budget.prepaid_id).left_minor
    if budget.limit_minor is None:
        return left
    month = row.day.replace(day=1)
    charged = DayOfUse.objects.filter(
        namespace=row.namespace_id, day__gte=month, day__lt=next_month(month)
    ).aggregate(sum=Sum("charged_minor"))["sum"]
    return max(min(left, budget.limit_minor - (charged or 0)), 0)


def warn_owners(at: datetime) -> int:
    """Tell owners once a month that most of their budget is used up; return of how many.

    Cost: some ten queries for each budget with use that is not charged yet.
    """
    tariff = tariff_at(at)
    if tariff is None:
        return 0
    month = month_of(at)
    used = DayOfUse.objects.filter(charged_at=None, day__gte=month).values("namespace")
    unwarned = Budget.objects.exclude(warned_for=month).filter(namespace__in=used)
    return sum(
        _warn(each.namespace, tariff, at=at)
        for each in unwarned.select_related("namespace")
    )


@transaction.atomic
def _warn(namespace: Namespace, tariff: Tariff, *, at: datetime) -> bool:
    month = month_of(at)
    held = Budget.objects.select_for_update().exclude(warned_for=month)
    budget = held.filter(namespace=namespace).first()
    prices = prices_of(tariff)
    standing = standing_of(namespace, prices=prices, at=at)
    ceiling = standing.ceiling_minor
    if not (budget and ceiling) or standing.spent * 100 < ceiling * MOST_USED_UP:
        return False
    budget.warned_for = month
    budget.save(update_fields=["warned_for"])
    notify(
        owners_of(namespace),
        kind=Letter.BUDGET,
        subject=gettext("%(percent)s %% of the budget of “%(namespace)s” is used up")
        % {"percent": MOST_USED_UP, "namespace": namespace.name},
        text=gettext(
            "“%(namespace)s” has used %(spent)s of the %(ceiling)s that it may spend in "
            "%(month)s. What would go beyond that is refused before it begins."
        )
        % {
            "namespace": namespace.name,
            "spent": shown(at_most(standing.spent), prices.currency),
            "ceiling": shown(ceiling, prices.currency),
            "month": date_format(month, "F Y"),
        },
        path=reverse("metering:budget", args=[namespace.name]),
        at=at,
    )
    return True
