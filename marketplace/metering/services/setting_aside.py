"""Says no before a budget is overrun: the most that something may cost is set aside."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from licensing.money import shown
from marketplace.accounts.models import Namespace
from marketplace.kit.errors import DomainError
from marketplace.metering.calendar import month_of, seconds_left
from marketplace.metering.models import Meter, Reservation
from marketplace.metering.prices import Amounts, Prices, at_most, whole
from marketplace.metering.queries import Standing, prices_of, standing_of, tariff_at
from marketplace.metering.services.budgets import held_budget
from marketplace.metering.services.recording import read_storage


class BudgetUsedUp(DomainError):
    """It may cost more than is left of a budget; says whose, and where to change it."""

    code = "budget_used_up"
    status = HTTPStatus.PAYMENT_REQUIRED


@dataclass(frozen=True, slots=True)
class Most:
    """The most that one run may take of processors, and of a graphics card."""

    cpu_seconds: float
    gpu_seconds: float = 0.0

    @property
    def cpu_ms(self) -> int:
        return round(self.cpu_seconds * 1000)

    @property
    def gpu_ms(self) -> int:
        return round(self.gpu_seconds * 1000)


def set_aside(
    namespace_id: int,
    *,
    runs: Collection[uuid.UUID],
    most: Most,
    at: datetime,
) -> None:
    """Set aside the most that some runs may take, or refuse them all.

    Call it in the transaction that queues them. It is let go when they were counted.

    Args:
        namespace_id: on whose account they are.
        runs: their ids.
        most: what each may take.
        at: now.

    Raises:
        BudgetUsedUp: it may cost more than is left.

    Cost: no query where nothing is charged, one where runs are free; else a dozen.
    """
    prices = _prices(at)
    if prices is None or not (prices.of[Meter.CPU].minor or prices.of[Meter.GPU].minor):
        return
    more = {
        Meter.CPU: Decimal(most.cpu_ms * len(runs)),
        Meter.GPU: Decimal(most.gpu_ms * len(runs)),
    }
    namespace = Namespace.objects.get(pk=namespace_id)
    with transaction.atomic():
        _require_fit(namespace, prices, more, at=at)
        Reservation.objects.bulk_create(
            Reservation(
                run_id=run,
                namespace=namespace,
                cpu_ms=most.cpu_ms,
                gpu_ms=most.gpu_ms,
                made_at=at,
            )
            for run in runs
        )


def require_storage(
    namespace: Namespace,
    *,
    held_bytes: int,
    more_bytes: int,
    at: datetime,
    is_taken: bool = True,
) -> None:
    """Return if a namespace may store more until the month ends, and count it from now.

    Args:
        namespace: whose it is.
        held_bytes: what it stores already.
        more_bytes: what is new.
        at: now.
        is_taken: it is stored with this; else it is only asked.

    Raises:
        BudgetUsedUp: it may cost more than is left.

    Cost: no query where nothing is charged, one where storage is free; else a dozen.
    """
    prices = _prices(at)
    if more_bytes <= 0 or prices is None or not prices.of[Meter.STORAGE].minor:
        return
    more = {Meter.STORAGE: Decimal(more_bytes) * seconds_left(at)}
    with transaction.atomic():
        held_budget(namespace, currency=prices.currency, at=at)
        if is_taken:
            read_storage({namespace.pk: held_bytes}, at=at)
        _require_fit(namespace, prices, more, at=at)
        if is_taken:
            read_storage({namespace.pk: held_bytes + more_bytes}, at=at)


def refuse_transfer(
    namespace: Namespace, *, size_bytes: int, at: datetime
) -> BudgetUsedUp | None:
    """Return why bytes cannot be sent on account of a namespace; None if they can.

    Call it in the transaction that records them as sent.

    Cost: no query where nothing is charged, one where transfer is free; else ten.
    """
    prices = _prices(at)
    if size_bytes <= 0 or prices is None or not prices.of[Meter.TRANSFER].minor:
        return None
    held_budget(namespace, currency=prices.currency, at=at)
    standing = standing_of(namespace, prices=prices, at=at)
    more = {Meter.TRANSFER: Decimal(size_bytes)}
    if standing.fits(more):
        return None
    return _refusal(namespace, standing, more, at=at)


def _prices(at: datetime) -> Prices | None:
    tariff = tariff_at(at)
    return None if tariff is None else prices_of(tariff)


def _require_fit(
    namespace: Namespace, prices: Prices, more: Amounts, *, at: datetime
) -> None:
    """Return if so much more fits, with the budget's row held from now on."""
    held_budget(namespace, currency=prices.currency, at=at)
    standing = standing_of(namespace, prices=prices, at=at)
    if not standing.fits(more):
        raise _refusal(namespace, standing, more, at=at)


def _refusal(
    namespace: Namespace, standing: Standing, more: Amounts, *, at: datetime
) -> BudgetUsedUp:
    currency, ceiling = standing.prices.currency, standing.ceiling_minor
    left = max(whole(ceiling - standing.committed()), 0)
    path = reverse("metering:budget", args=[namespace.name])
    said = gettext(
        "This may cost up to %(cost)s, and of the budget of “%(namespace)s” for "
        "%(month)s, %(ceiling)s, %(left)s is free. Its owners change it, or pay in, at "
        "%(path)s."
    ) % {
        "cost": shown(at_most(standing.adds(more)), currency),
        "namespace": namespace.name,
        "month": date_format(month_of(at), "F Y"),
        "ceiling": shown(ceiling, currency),
        "left": shown(left, currency),
        "path": path,
    }
    return BudgetUsedUp(said, budget_url=path)
