"""A site that charges, and what happens on it."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from marketplace.metering import services
from marketplace.metering.models import Budget, DayOfUse
from marketplace.metering.queries import prices_of, standing_of, tariff_at
from marketplace.metering.services import Most, RunUse, TariffTerms
from tests.factories.accounts import NOON, UserFactory

BEFORE = NOON - timedelta(days=20)  # a month before
HOUR = 3600.0
TERMS = TariffTerms(
    cpu_hour_minor=Decimal(100),
    gpu_hour_minor=Decimal(1000),
    gigabyte_month_minor=Decimal(30),
    gigabyte_sent_minor=Decimal(10),
    free_cpu_hours=Decimal(1),
)


def charges(settings, terms=TERMS):
    """Have the site charge by a tariff that was stated in the month before NOON's."""
    settings.STOA = settings.STOA.model_copy(update={"charge_for_use": True})
    return services.state_tariff(
        UserFactory(is_staff=True),
        terms=terms,
        currency="EUR",
        from_month=date(2026, 1, 1),
        at=BEFORE,
    )


def paid_in(namespace, minor, *, at=NOON, reference=None):
    budget = services.held_budget(namespace, currency="EUR", at=at)
    services.confirm_payment(
        UserFactory(is_staff=True),
        prepaid=budget.prepaid,
        bank_reference=reference or f"BANK {uuid.uuid4()}",
        amount_minor=minor,
        received_on=at.date(),
        at=at,
    )
    return Budget.objects.select_related("prepaid").get(pk=namespace.pk)


def set_aside(namespace, *, hours, at=NOON, runs=1):
    ids = [uuid.uuid4() for _ in range(runs)]
    with transaction.atomic():
        services.set_aside(
            namespace.pk, runs=ids, most=Most(cpu_seconds=hours * HOUR), at=at
        )
    return ids


def ends(namespace, run_id, *, hours, at=NOON):
    """Have a run end that took so long."""
    use = RunUse(run_id, namespace.pk, round(hours * HOUR * 1000), 0, at)
    services.record_runs([use], ended=[run_id])


def standing(namespace, *, at=NOON):
    return standing_of(namespace, prices=prices_of(tariff_at(at)), at=at)


def charged(namespace):
    return {
        (each.day.day, each.meter): (each.charged_minor, each.uncovered_minor)
        for each in DayOfUse.objects.filter(
            namespace=namespace, charged_at__isnull=False
        )
    }
