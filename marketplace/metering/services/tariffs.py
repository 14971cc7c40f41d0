"""Prices, stated by the operator before the month that they are for."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.metering.calendar import month_of
from marketplace.metering.models import Budget, Tariff

PRICE_PLACES, FREE_PLACES = 4, 3
MOST = Decimal(10**9)


class ChargesOff(DomainError):
    """The site is set to charge for nothing."""

    code = "charges_off"


class OtherCurrency(DomainError):
    """Money of another currency was paid in."""

    code = "other_currency"


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """Prices in minor units, and what is free each month."""

    cpu_hour_minor: Decimal = Decimal(0)
    gpu_hour_minor: Decimal = Decimal(0)
    gigabyte_month_minor: Decimal = Decimal(0)
    gigabyte_sent_minor: Decimal = Decimal(0)
    free_cpu_hours: Decimal = Decimal(0)
    free_gpu_hours: Decimal = Decimal(0)
    free_gigabyte_months: Decimal = Decimal(0)
    free_gigabytes_sent: Decimal = Decimal(0)


@transaction.atomic
def state_tariff(
    actor: User,
    *,
    terms: TariffTerms,
    currency: str,
    from_month: date,
    at: datetime,
) -> Tariff:
    """State prices for a month to come and those after it, for everyone to read.

    Args:
        actor: a member of the staff.
        terms: what is asked, and what is free.
        currency: ISO 4217, of all prices.
        from_month: the first day of a month after this one; stated again, the last holds.
        at: now.

    Raises:
        PermissionDenied: `actor` is not staff.
        ChargesOff: the site is set to charge for nothing.
        Malformed: the message names the field.
        OtherCurrency: money of another currency was paid in for use.
    """
    require_staff(actor)
    if not settings.STOA.charge_for_use:
        raise ChargesOff(
            gettext("Set CHARGE_FOR_USE=1 first; see the operator's guide.")
        )
    if from_month.day != 1 or from_month <= month_of(at):
        raise Malformed(
            gettext(
                "from_month: give the first day of a month to come, so that nobody pays "
                "a price that they could not know."
            )
        )
    for name, value in asdict(terms).items():
        places = PRICE_PLACES if name.endswith("_minor") else FREE_PLACES
        if not 0 <= value <= MOST or value != round(value, places):
            raise Malformed(
                gettext(
                    "%(field)s: give a number from 0 on, with at most %(places)s places."
                )
                % {"field": name, "places": places}
            )
    if Budget.objects.exclude(prepaid__currency=currency).exists():
        raise OtherCurrency(
            gettext(
                "currency: money of another currency was paid in. Give it back first."
            )
        )
    tariff = Tariff.objects.create(
        from_month=from_month,
        currency=currency,
        stated_by=actor,
        stated_at=at,
        **asdict(terms),
    )
    said = {name: str(value) for name, value in asdict(terms).items()}
    record_act(
        actor, "state_tariff", tariff, at=at, from_month=from_month.isoformat(), **said
    )
    return tariff
