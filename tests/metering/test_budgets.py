"""A budget stops work before it is overrun, whoever asks at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction

from licensing.models import LedgerLine, Prepaid
from licensing.services import Overdrawn, charge_prepaid
from licensing.services.settlement import ReferenceUsed
from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.metering import services
from marketplace.metering.models import Budget, DayOfUse, Reservation
from marketplace.metering.services import (
    BelowCommitted,
    BudgetUsedUp,
    Most,
    TariffTerms,
)
from marketplace.metering.services.budgets import NothingCharged
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory
from tests.licensing.racing import at_once
from tests.metering.charging import (
    charged,
    charges,
    ends,
    paid_in,
    set_aside,
    standing,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_where_nothing_is_charged_all_is_free_and_nothing_is_set_aside(
    settings, django_assert_num_queries
):
    owner = UserFactory()
    most = Most(cpu_seconds=10**9)
    with django_assert_num_queries(0):
        services.set_aside(owner.namespace.pk, runs=[uuid4()], most=most, at=NOON)
    with pytest.raises(NothingCharged):
        services.set_limit(owner, namespace=owner.namespace, limit_minor=1, at=NOON)
    charges(settings, TariffTerms())
    set_aside(owner.namespace, hours=10_000)
    assert not Reservation.objects.exists()


def test_what_is_free_is_had_without_money_and_no_more(settings):
    charges(settings)
    owner = UserFactory()
    set_aside(owner.namespace, hours=1)
    with pytest.raises(BudgetUsedUp) as refused:
        set_aside(owner.namespace, hours=0.01)
    assert f"/settings/usage/{owner.username}" in str(refused.value)
    assert refused.value.extra["budget_url"] in str(refused.value)
    assert refused.value.status == 402
    assert Reservation.objects.count() == 1


def test_a_run_sets_aside_the_most_it_may_take_and_gives_back_the_rest(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 200)
    first, second = set_aside(owner.namespace, hours=1.5, runs=2)
    assert standing(owner.namespace).committed() == 200
    with pytest.raises(BudgetUsedUp, match=r"2\.00 EUR, 0\.00 EUR is free"):
        set_aside(owner.namespace, hours=0.1)
    ends(owner.namespace, first, hours=0.5)
    assert standing(owner.namespace).committed() == 100
    set_aside(owner.namespace, hours=1)
    ends(owner.namespace, second, hours=9)  # more than it was let
    used = DayOfUse.objects.get(meter="CPU")
    assert (used.amount, used.priced) == (34_200_000, 7_200_000)
    assert standing(owner.namespace).spent == 100


def test_the_owners_limit_holds_below_what_is_paid_in(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 10_000)
    services.set_limit(owner, namespace=owner.namespace, limit_minor=300, at=NOON)
    set_aside(owner.namespace, hours=4)
    with pytest.raises(BudgetUsedUp):
        set_aside(owner.namespace, hours=1)
    with pytest.raises(BelowCommitted, match=r"3\.00 EUR"):
        services.set_limit(owner, namespace=owner.namespace, limit_minor=299, at=NOON)
    services.set_limit(owner, namespace=owner.namespace, limit_minor=None, at=NOON)
    set_aside(owner.namespace, hours=90)
    told = AuditRecord.objects.filter(act="set_budget").values_list(
        "details__limit_minor", flat=True
    )
    assert set(told) == {300, None}


def test_only_owners_set_a_limit_and_none_below_zero(settings):
    charges(settings)
    owner, other = UserFactory(), UserFactory(is_staff=True)
    organisation = OrganisationFactory(owner=owner)
    for namespace in (owner.namespace, organisation.namespace):
        with pytest.raises(PermissionDenied):
            services.set_limit(other, namespace=namespace, limit_minor=1, at=NOON)
        services.set_limit(owner, namespace=namespace, limit_minor=0, at=NOON)
        with pytest.raises(Malformed, match="limit_minor"):
            services.set_limit(owner, namespace=namespace, limit_minor=-1, at=NOON)


def test_storage_is_judged_until_the_month_ends_and_counted_by_the_second(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 31)  # a gigabyte for the 31 days of January, and a bit
    gigabyte = 10**9
    with pytest.raises(BudgetUsedUp), transaction.atomic():
        services.require_storage(
            owner.namespace, held_bytes=0, more_bytes=2 * gigabyte, at=NOON
        )
    services.require_storage(
        owner.namespace, held_bytes=0, more_bytes=gigabyte, at=NOON
    )
    with pytest.raises(BudgetUsedUp):
        set_aside(owner.namespace, hours=2)
    services.read_storage({owner.namespace.pk: gigabyte}, at=NOON + 2 * DAY)
    days = DayOfUse.objects.filter(meter="STORAGE").order_by("day")
    half_a_day = 43_200 * gigabyte
    assert [each.amount for each in days] == [
        half_a_day,
        2 * half_a_day,
        half_a_day,
    ]
    assert standing(owner.namespace, at=NOON + 2 * DAY).spent == 2


def test_transfer_is_refused_before_it_costs_too_much(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 10)
    half = {"size_bytes": 5 * 10**8, "at": NOON}
    for _ in range(2):
        assert services.refuse_transfer(owner.namespace, **half) is None
        services.record_sent(owner.namespace, **half)
    assert isinstance(services.refuse_transfer(owner.namespace, **half), BudgetUsedUp)
    assert services.sum_sent() == 2
    assert services.sum_sent() == 0
    assert standing(owner.namespace).spent == 10


def test_days_are_charged_once_by_what_they_add_to_their_month(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 1000)
    for hours, day in ((1.004, 0), (0.004, 1), (0.004, 2), (2, 3)):
        [run] = set_aside(owner.namespace, hours=hours, at=NOON + day * DAY)
        ends(owner.namespace, run, hours=hours, at=NOON + day * DAY)
    now = NOON + 3 * DAY
    assert services.charge_days(now) == 3
    assert services.charge_days(now) == 0
    assert charged(owner.namespace) == {
        (1, "CPU"): (0, 0),  # 0.4, rounded down
        (2, "CPU"): (0, 0),  # 0.8
        (3, "CPU"): (1, 0),  # 1.2
    }
    assert services.charge_days(now + DAY) == 1
    assert charged(owner.namespace)[4, "CPU"] == (200, 0)
    prepaid = Prepaid.objects.get()
    assert (prepaid.charged_minor, prepaid.left_minor) == (201, 799)
    revenue = LedgerLine.objects.filter(account__code="revenue:usage")
    assert sorted(line.minor for line in revenue) == [-200, -1]
    call_command("ledger_check")


def test_what_comes_after_a_day_was_charged_is_of_the_next(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 1000)
    early, late = set_aside(owner.namespace, hours=2, runs=2)
    ends(owner.namespace, early, hours=2)
    services.charge_days(NOON + DAY)
    ends(owner.namespace, late, hours=2)
    services.charge_days(NOON + 2 * DAY)
    assert charged(owner.namespace) == {(1, "CPU"): (100, 0), (2, "CPU"): (200, 0)}


def test_nobody_is_charged_more_than_they_paid_in(settings):
    charges(settings)
    owner, poor = UserFactory(), UserFactory()
    paid_in(owner.namespace, 40)
    terabyte = 10**12  # stored before anything was charged: it is not deleted
    for each in (owner, poor):
        services.read_storage({each.namespace.pk: terabyte}, at=NOON)
    services.read_storage({owner.namespace.pk: 0, poor.namespace.pk: 0}, at=NOON + DAY)
    services.charge_days(NOON + 2 * DAY)
    assert charged(owner.namespace) == {
        (1, "STORAGE"): (40, 460),
        (2, "STORAGE"): (0, 500),
    }
    assert charged(poor.namespace) == {
        (1, "STORAGE"): (0, 500),
        (2, "STORAGE"): (0, 500),
    }
    assert standing(owner.namespace, at=NOON + 2 * DAY).spent == 40
    call_command("ledger_check")


def test_a_charge_names_its_day_and_is_taken_once(settings):
    charges(settings)
    budget = paid_in(UserFactory().namespace, 100)
    for _ in range(2):
        left = charge_prepaid(budget.prepaid, key="usage:one", minor=60, at=NOON)
        assert left.left_minor == 40
    with pytest.raises(Overdrawn):
        charge_prepaid(budget.prepaid, key="usage:two", minor=60, at=NOON)
    call_command("ledger_check")


def test_a_transfer_is_confirmed_once_by_staff_alone(settings):
    charges(settings)
    owner = UserFactory()
    budget = paid_in(owner.namespace, 100, reference="RF18")
    assert paid_in(owner.namespace, 100, reference="RF18").prepaid.left_minor == 100
    with pytest.raises(ReferenceUsed):
        paid_in(UserFactory().namespace, 100, reference="rf18")
    with pytest.raises(PermissionDenied):
        services.confirm_payment(
            owner,
            prepaid=budget.prepaid,
            bank_reference="OTHER",
            amount_minor=5,
            received_on=NOON.date(),
            at=NOON,
        )


def test_what_is_not_spent_is_given_back_and_what_is_set_aside_is_kept(settings):
    charges(settings)
    owner = UserFactory()
    paid_in(owner.namespace, 500)
    set_aside(owner.namespace, hours=3)
    with pytest.raises(PermissionDenied):
        services.return_unused(UserFactory(), namespace=owner.namespace, at=NOON)
    assert services.return_unused(owner, namespace=owner.namespace, at=NOON) == 300
    assert services.return_unused(owner, namespace=owner.namespace, at=NOON) == 0
    owed = LedgerLine.objects.filter(account__party__user=owner)
    assert [line.minor for line in owed] == [-300]
    call_command("ledger_check")


def test_owners_are_told_once_when_most_is_used_up(settings):
    charges(settings)
    owner = UserFactory()
    organisation = OrganisationFactory(owner=owner)
    paid_in(organisation.namespace, 100)
    first, second = set_aside(organisation.namespace, hours=1, runs=2)
    ends(organisation.namespace, first, hours=1)
    ends(organisation.namespace, second, hours=0.79)
    assert services.warn_owners(NOON) == 0
    [third] = set_aside(organisation.namespace, hours=0.01)
    ends(organisation.namespace, third, hours=0.01)
    assert services.warn_owners(NOON) == 1
    assert services.warn_owners(NOON) == 0
    told = Notice.objects.get(kind="BUDGET")
    assert told.person == owner
    assert "0.80 EUR of the 1.00 EUR" in told.text


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_that_begin_at_once_the_one_that_fits_is_queued(settings):
    charges(settings)
    namespace = UserFactory().namespace
    with transaction.atomic():
        paid_in(namespace, 150)
        set_aside(namespace, hours=1)

    def ask():
        return set_aside(namespace, hours=1)

    outcomes = at_once(*[ask] * 4)
    refused = [each for each in outcomes if isinstance(each, BudgetUsedUp)]
    assert len(refused) == 3
    assert Reservation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_that_charge_at_once_charge_once(settings):
    charges(settings)
    namespace = UserFactory().namespace
    with transaction.atomic():
        paid_in(namespace, 1000)
        [run] = set_aside(namespace, hours=3)
        ends(namespace, run, hours=3)
    outcomes = at_once(*[lambda: services.charge_days(NOON + DAY)] * 4)
    assert sorted(outcomes) == [0, 0, 0, 1]
    assert Prepaid.objects.get().charged_minor == 200
    call_command("ledger_check")


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_first_make_one_budget(settings):
    charges(settings)
    namespace = UserFactory().namespace

    def ask():
        return set_aside(namespace, hours=0.1)

    at_once(*[ask] * 4)
    assert Budget.objects.count() == Prepaid.objects.count() == 1
    assert Reservation.objects.count() == 4
