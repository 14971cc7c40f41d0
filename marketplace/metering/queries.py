"""What is asked about use and money: prices in force, how a budget stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet, Sum

from licensing.models import Prepaid
from marketplace.accounts.models import Namespace, Role, User
from marketplace.accounts.queries import namespaces_of
from marketplace.metering.calendar import month_of, next_month, seconds_left
from marketplace.metering.models import (
    Budget,
    DayOfUse,
    Meter,
    Reservation,
    StorageReading,
    Tariff,
    Transfer,
)
from marketplace.metering.prices import NOTHING, Amounts, Price, Prices, at_most


@dataclass(frozen=True, slots=True)
class Standing:
    """How a namespace stands in one month, in minor units where nothing else is said.

    `used` and `reserved` are amounts; `ahead` is what is stored, until the month ends.
    What is `uncovered` of it nobody pays. `left_minor` is what is left of what was paid in,
    `paid_minor` what of that, and of what the month was charged, is for this month.
    """

    prices: Prices
    used: Amounts
    reserved: Amounts
    ahead: Decimal
    charged_minor: int
    uncovered_minor: int
    left_minor: int
    paid_minor: int
    limit_minor: int | None

    @property
    def ceiling_minor(self) -> int:
        """What may be spent in all, by the owners' limit and by what was paid in."""
        if self.limit_minor is None:
            return self.paid_minor
        return min(self.paid_minor, self.limit_minor)

    @property
    def spent(self) -> Decimal:
        """What was used comes to, charged or not yet."""
        return max(self.prices.total(self.used) - self.uncovered_minor, NOTHING)

    @property
    def spent_minor(self) -> int:
        return at_most(self.spent)

    @property
    def committed_minor(self) -> int:
        return at_most(self.committed())

    def committed(self, more: Amounts | None = None) -> Decimal:
        """Return what all that was promised comes to, with some more, if it is taken whole.

        That is what was used, what is set aside, and what is stored to the month's end.
        """
        stored = {Meter.STORAGE: self.ahead}
        whole = _added(self.used, self.reserved, stored, more or {})
        return max(self.prices.total(whole) - self.uncovered_minor, NOTHING)

    def adds(self, more: Amounts) -> Decimal:
        """Return what so much more would cost at most; none within what is free."""
        return self.committed(more) - self.committed()

    def fits(self, more: Amounts) -> bool:
        """Whether so much more costs nothing, or stays within what may be spent."""
        total = self.committed(more)
        return total == self.committed() or total <= self.ceiling_minor


def _added(*amounts: Amounts) -> Amounts:
    return {
        meter: sum((each.get(meter, NOTHING) for each in amounts), NOTHING)
        for meter in Meter
    }


def is_charging() -> bool:
    """Whether the operator charges for use at all."""
    charges: bool = settings.STOA.charge_for_use
    return charges


def tariff_at(at: datetime) -> Tariff | None:
    """Return the prices of a moment; none where nothing is charged.

    Cost: no query where the operator charges for nothing, else one.
    """
    return tariff_of(month_of(at))


def tariff_of(month: date) -> Tariff | None:
    """Return the prices of a month, by its first day."""
    if not is_charging():
        return None
    stated = Tariff.objects.filter(from_month__lte=month)
    return stated.order_by("-from_month", "-stated_at").first()


def tariffs_to_come(at: datetime) -> list[Tariff]:
    """Return the prices that were stated for later months, the next first."""
    if not is_charging():
        return []
    later = Tariff.objects.filter(from_month__gte=next_month(month_of(at)))
    latest = later.order_by("from_month", "-stated_at").distinct("from_month")
    return list(latest)


def prices_of(tariff: Tariff) -> Prices:
    """Return what a tariff says, to count with."""
    return Prices(
        tariff.currency,
        {
            Meter.CPU: Price(tariff.cpu_hour_minor, tariff.free_cpu_hours),
            Meter.GPU: Price(tariff.gpu_hour_minor, tariff.free_gpu_hours),
            Meter.STORAGE: Price(
                tariff.gigabyte_month_minor, tariff.free_gigabyte_months
            ),
            Meter.TRANSFER: Price(
                tariff.gigabyte_sent_minor, tariff.free_gigabytes_sent
            ),
        },
    )


def standing_of(namespace: Namespace, *, prices: Prices, at: datetime) -> Standing:
    """Return how a namespace stands. To decide by it, hold its budget's row.

    What may move from one place to another meanwhile is read first where it comes from,
    so it may be counted twice and never passed over.

    Cost: seven queries.
    """
    month = month_of(at)
    ahead = _storage_ahead(namespace, at)
    set_aside = Reservation.objects.filter(namespace=namespace).aggregate(
        cpu=Sum("cpu_ms"), gpu=Sum("gpu_ms")
    )
    sent = Transfer.objects.filter(namespace=namespace).aggregate(sum=Sum("size_bytes"))
    used, charged, uncovered = _month(namespace, month)
    used[Meter.TRANSFER] = used.get(Meter.TRANSFER, NOTHING) + (sent["sum"] or 0)
    budget = Budget.objects.filter(namespace=namespace).first()
    left, limit = 0, None
    if budget is not None:
        left = Prepaid.objects.get(pk=budget.prepaid_id).left_minor
        limit = budget.limit_minor
    owed = at_most(_due_from_before(namespace, month))
    return Standing(
        prices=prices,
        used=used,
        reserved={
            Meter.CPU: Decimal(set_aside["cpu"] or 0),
            Meter.GPU: Decimal(set_aside["gpu"] or 0),
        },
        ahead=ahead,
        charged_minor=charged,
        uncovered_minor=uncovered,
        left_minor=left,
        paid_minor=max(charged + left - owed, 0),
        limit_minor=limit,
    )


def _storage_ahead(namespace: Namespace, at: datetime) -> Decimal:
    reading = StorageReading.objects.filter(namespace=namespace).first()
    if reading is None:
        return NOTHING
    since = max(int((at - reading.read_at).total_seconds()), 0)
    return Decimal(reading.size_bytes) * (since + seconds_left(at))


def _month(namespace: Namespace, month: date) -> tuple[dict[Meter, Decimal], int, int]:
    """Return what was used of each meter in a month, what was charged, what was not."""
    rows = DayOfUse.objects.filter(
        namespace=namespace, day__gte=month, day__lt=next_month(month)
    )
    used: dict[Meter, Decimal] = {}
    charged = uncovered = 0
    for meter, priced, paid, unpaid in (
        rows.order_by()
        .values_list("meter")
        .annotate(Sum("priced"), Sum("charged_minor"), Sum("uncovered_minor"))
    ):
        used[Meter(meter)] = priced
        charged += paid
        uncovered += unpaid
    return used, charged, uncovered


def _due_from_before(namespace: Namespace, month: date) -> Decimal:
    """Return what earlier months may still be charged, as on the first day of one."""
    open_rows = DayOfUse.objects.filter(
        namespace=namespace, day__lt=month, charged_at=None, priced__gt=0
    )
    due = NOTHING
    days = open_rows.values_list("day", flat=True).distinct()
    for open_month in {day.replace(day=1) for day in days}:
        tariff = tariff_of(open_month)
        if tariff is not None:
            used, charged, uncovered = _month(namespace, open_month)
            due += max(prices_of(tariff).total(used) - charged - uncovered, NOTHING)
    return due


def owned_namespaces(user: User | AnonymousUser) -> QuerySet[Namespace]:
    """Return whose budgets `user` may see and change: their own, and organisations'."""
    return namespaces_of(user, Role.OWNER)


def owners_of(namespace: Namespace) -> QuerySet[User]:
    """Return who may change the budget of a namespace."""
    by_role = Q(
        memberships__organisation__namespace=namespace, memberships__role=Role.OWNER
    )
    people = User.objects.filter(Q(namespace=namespace) | by_role, is_active=True)
    return people.distinct()


def amounts_of(namespace: Namespace, month: date) -> Amounts:
    """Return what a namespace used of each meter in a month, priced or not."""
    rows = DayOfUse.objects.filter(
        namespace=namespace, day__gte=month, day__lt=next_month(month)
    )
    sums = rows.order_by().values_list("meter").annotate(Sum("amount"))
    return {Meter(meter): amount for meter, amount in sums}


def days_of(namespace: Namespace) -> QuerySet[DayOfUse]:
    """Return what a namespace used, in no order."""
    return DayOfUse.objects.filter(namespace=namespace, amount__gt=0)


def budgets_overview() -> QuerySet[Budget]:
    """Return every budget with whose it is, for operators; in no order."""
    related = Budget.objects.select_related("namespace", "prepaid")
    return related.annotate(opened_at=F("prepaid__opened_at"))


def use_of_month(month: date) -> Mapping[Meter, tuple[Decimal, int, int]]:
    """Return what the whole site used in a month: amounts, charged, and not covered."""
    rows = DayOfUse.objects.filter(day__gte=month, day__lt=next_month(month))
    told = (
        rows.order_by()
        .values_list("meter")
        .annotate(Sum("amount"), Sum("charged_minor"), Sum("uncovered_minor"))
    )
    return {
        Meter(meter): (amount, paid, unpaid) for meter, amount, paid, unpaid in told
    }
