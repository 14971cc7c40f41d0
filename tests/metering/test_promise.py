"""Whatever happens in a month, what is spent and set aside stays within the budget."""

import uuid
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django import conf
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from licensing.models import LedgerLine, Prepaid
from licensing.queries.checking import faults_of_books
from marketplace.kit.errors import DomainError
from marketplace.metering import services
from marketplace.metering.models import Budget, Reservation
from marketplace.metering.prices import at_most
from marketplace.metering.services import Most, TariffTerms
from tests.factories.accounts import NOON, UserFactory
from tests.metering.charging import TERMS, charges, ends, paid_in, standing

pytestmark = pytest.mark.django_db
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 300)),
        st.tuples(st.just("end"), st.integers(0, 400)),
        st.tuples(st.just("pay"), st.integers(1, 200)),
        st.tuples(st.just("limit"), st.integers(0, 400)),
        st.tuples(st.just("send"), st.integers(1, 20)),
        st.tuples(st.just("store"), st.integers(1, 20)),
        st.tuples(st.just("pass"), st.integers(1, 100)),
        st.tuples(st.just("return"), st.just(0)),
    ),
    max_size=25,
)
ENDS = NOON + timedelta(days=30)


class Month:
    """One namespace in January: what its people do, some of which is refused."""

    def __init__(self):
        self.owner = UserFactory()
        self.namespace = self.owner.namespace
        self.now = NOON
        self.stored = 0
        self.asked = 0

    def ask(self, hundredths):
        services.set_aside(
            self.namespace.pk,
            runs=[uuid.uuid4()],
            most=Most(cpu_seconds=36 * hundredths),
            at=self.now,
        )

    def end(self, hundredths):
        run = Reservation.objects.order_by("made_at", "pk").first()
        if run is not None:
            ends(self.namespace, run.pk, hours=hundredths / 100, at=self.now)

    def pay(self, minor):
        paid_in(self.namespace, minor, at=self.now)

    def limit(self, minor):
        services.set_limit(
            self.owner, namespace=self.namespace, limit_minor=minor, at=self.now
        )

    def send(self, tenths):
        said = {"size_bytes": tenths * 10**8, "at": self.now}
        if (refusal := services.refuse_transfer(self.namespace, **said)) is not None:
            raise refusal
        services.record_sent(self.namespace, **said)

    def store(self, tenths):
        more = tenths * 10**8
        services.require_storage(
            self.namespace, held_bytes=self.stored, more_bytes=more, at=self.now
        )
        self.stored += more

    def give_back(self, _):
        services.return_unused(self.owner, namespace=self.namespace, at=self.now)

    def wait(self, hours):
        self.now = min(self.now + timedelta(hours=hours), ENDS)
        services.sum_sent()
        if self.stored:
            services.read_storage({self.namespace.pk: self.stored}, at=self.now)
        services.charge_days(self.now)


ACTS = {"return": Month.give_back, "pass": Month.wait}


@given(steps=STEPS, terms=st.sampled_from([TERMS, TariffTerms(Decimal("0.0333"))]))
def test_what_is_spent_and_set_aside_never_goes_beyond_the_budget(steps, terms):
    with transaction.atomic(), pytest.MonkeyPatch.context() as on:
        on.setattr(conf.settings, "STOA", conf.settings.STOA)
        charges(conf.settings, terms)
        month = Month()
        for name, amount in steps:
            with suppress(DomainError), transaction.atomic():
                (ACTS.get(name) or getattr(Month, name))(month, amount)
            now = standing(month.namespace, at=month.now)
            assert now.committed() <= now.ceiling_minor
            assert now.uncovered_minor == 0
        finish(month)
        transaction.set_rollback(True)  # so that an example leaves nothing behind


def finish(month):
    """End all that runs as late as it may, and charge the whole of it."""
    while Reservation.objects.exists():
        month.end(400)
    spent = standing(month.namespace, at=month.now)
    month.wait(24 * 31)
    services.charge_days(month.now + timedelta(days=3))
    prepaid = Prepaid.objects.filter(budget__namespace=month.namespace).first()
    limit = Budget.objects.filter(namespace=month.namespace).first()
    if prepaid is not None:
        assert prepaid.left_minor >= 0
        assert limit.limit_minor is None or prepaid.charged_minor <= limit.limit_minor
        revenue = LedgerLine.objects.filter(account__code="revenue:usage")
        assert -sum(line.minor for line in revenue) == prepaid.charged_minor
    assert at_most(spent.spent) <= spent.ceiling_minor
    assert list(faults_of_books()) == []
