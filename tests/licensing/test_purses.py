"""Purses: what comes in goes out to the last unit, once."""

import contextlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensing import queries, services
from licensing.models import Candidate, Entry, LedgerLine, Party, Passing, Purse
from licensing.purse_terms import PurseTerms
from marketplace.accounts.models import Notice
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, NOON, PAID_ON, make_order, pay
from tests.kit.at_once import run_at_once
from tests.licensing.purses import (
    DAYS,
    accept,
    decide,
    decline,
    fund,
    in_escrow,
    operator,
    release,
    state,
)


@pytest.mark.django_db
@given(
    amounts=st.lists(st.integers(1, 900), min_size=1, max_size=3),
    transfers=st.lists(st.integers(1, 1500), max_size=3),
    added=st.integers(0, 200),
    ranks=st.lists(st.integers(1, 3), max_size=4),
    answers=st.lists(st.sampled_from("adls"), min_size=4, max_size=4),
    passing=st.sampled_from(Passing),
)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_to_a_purse_all_that_came_in_goes_out(
    amounts, transfers, added, ranks, answers, passing
):
    amounts = sorted(amounts, reverse=True)
    with transaction.atomic():
        funder = UserFactory()
        purse = state(funder, amounts, passing=passing)
        for minor in transfers:
            purse = fund(purse, minor)
        with contextlib.suppress(DomainError):
            more = [amounts[0] + added, *amounts[1:]]
            services.add_to_purse(funder, purse=purse, amounts=more, at=NOON + DAY)
        purse.refresh_from_db()
        if purse.held_since is None:
            with pytest.raises(services.PurseNotHeld):
                decide(purse, ranks)
            services.return_purse(funder, purse=purse, reason="Off.", at=NOON + DAY)
        else:
            _play(purse, decide(purse, ranks), answers)
            purse = release(purse)
            release(purse)

        purse.refresh_from_db()
        assert purse.awarded_minor + purse.returned_minor == sum(transfers)
        assert in_escrow(purse) == 0
        assert (
            purse.awarded_minor
            == (purse.candidates.aggregate(all=Sum("awarded_minor", default=0))["all"])
        )
        winners = purse.candidates.filter(awarded_minor__gt=0).values("payee")
        owed = queries.owed_to(Party.objects.filter(pk__in=winners))
        assert sum(balance.minor for balance in owed) == purse.awarded_minor
        back = queries.owed_to(Party.objects.filter(pk=purse.funder_id))
        assert sum(balance.minor for balance in back) == purse.returned_minor
        assert not list(queries.faults_of_books())
        transaction.set_rollback(True)


def _play(purse, candidates, answers):
    """Let everyone answer as drawn, until nobody is asked any more."""
    how = dict(zip([each.pk for each in candidates], answers, strict=False))
    late = NOON + DAY
    for _ in candidates:
        asked = purse.candidates.filter(asked_at__isnull=False, answer="")
        for candidate in asked.select_related("party__user", "purse"):
            if how[candidate.pk] == "a":
                accept(candidate, at=candidate.asked_at)
            elif how[candidate.pk] == "d":
                decline(candidate, at=candidate.asked_at)
            elif how[candidate.pk] == "s":
                services.strike_candidate(
                    operator(), purse=purse, party=candidate.party, at=NOON
                )
        late += timedelta(days=DAYS + 1)
        services.lapse_prizes(late)


@pytest.mark.django_db
def test_a_purse_is_funded_in_parts_and_the_surplus_goes_back():
    funder = UserFactory()
    purse = state(funder)
    assert (purse.state, purse.keeps_shut(NOON)) == ("AWAITING", True)

    purse = fund(purse, 400, reference="one")
    assert (purse.state, purse.due_minor) == ("PARTLY_FUNDED", 600)
    assert fund(purse, 400, reference="ONE").received_minor == 400
    with pytest.raises(services.ReferenceUsed):
        fund(purse, 500, reference="one")
    with pytest.raises(PermissionDenied):
        services.confirm_purse_transfer(
            funder,
            purse=purse,
            bank_reference="two",
            amount_minor=1,
            received_on=PAID_ON,
            confirmed_at=NOON + DAY,
        )
    purse = fund(purse, 700, reference="two")

    assert (purse.state, purse.surplus_minor) == ("OVERFUNDED", 100)
    assert not purse.keeps_shut(NOON + DAY)
    assert in_escrow(purse) == 1100
    told = Notice.objects.get(person=funder)
    assert "11.00 EUR" in told.text
    for _ in range(2):
        purse = services.return_surplus(funder, purse=purse, at=NOON + DAY)
    assert (purse.state, in_escrow(purse)) == ("HELD", 1000)
    assert queries.ledger_balance(f"payable:{purse.funder_id}", currency="EUR") == -100
    assert AuditRecord.objects.filter(act="confirm_purse_transfer").count() == 2


@pytest.mark.django_db
def test_a_transfer_pays_an_order_or_a_purse_and_never_both():
    order = make_order()
    pay(order, reference="RF 1")
    with pytest.raises(services.ReferenceUsed):
        fund(state(), reference="rf 1")
    fund(state(), reference="RF 2")
    with pytest.raises(DomainError):
        pay(make_order(), reference="RF 2")
    assert Entry.objects.count() == 2


@pytest.mark.django_db
def test_what_is_added_counts_once_it_is_there_and_nothing_shrinks():
    funder = UserFactory()
    purse = fund(state(funder))
    for less in ([600, 300], [600, 300, 90], [600, 300, 100]):
        with pytest.raises(services.PurseFixed):
            services.add_to_purse(funder, purse=purse, amounts=less, at=NOON)
    purse = services.add_to_purse(
        funder, purse=purse, amounts=[700, 300, 100, 50], at=NOON
    )

    assert (purse.state, purse.due_minor) == ("PARTLY_FUNDED", 150)
    assert not purse.keeps_shut(NOON + DAY)
    assert queries.amounts_in_force(purse) == [600, 300, 100]
    purse = fund(purse, 150)
    assert queries.amounts_in_force(purse) == [700, 300, 100, 50]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"amounts": []}, "amounts"),
        ({"amounts": [0]}, "amounts"),
        ({"amounts": [1, 2]}, "amounts"),
        ({"amounts": [10**15, 1]}, "amounts"),
    ],
)
def test_a_purse_promises_something_and_the_most_to_the_best(terms, field):
    with pytest.raises(Malformed, match=field):
        state(**terms)
    assert not Purse.objects.exists()


@pytest.mark.django_db
def test_restating_before_the_opening_asks_for_the_rest_of_the_money():
    funder = UserFactory()
    purse = fund(state(funder))
    terms = PurseTerms("EUR", [2000])
    purse = services.restate_purse(funder, purse=purse, terms=terms, at=NOON + DAY)
    assert (purse.keeps_shut(NOON + DAY), purse.due_minor) == (True, 1000)
    with pytest.raises(services.PurseFixed):
        services.restate_purse(
            funder, purse=purse, terms=PurseTerms("JPY", [2000]), at=NOON
        )
    with pytest.raises(PermissionDenied):
        services.restate_purse(UserFactory(), purse=purse, terms=terms, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_released_by_three_and_returned_by_one_at_once_a_purse_goes_out_once():
    purse = fund(state())
    candidates = decide(purse, [1, 1, 3])
    for each in candidates:
        accept(each)
    operators = UserFactory.create_batch(3, is_staff=True)

    run_at_once(
        *(lambda by=by: release(purse, by=by) for by in operators),
        lambda: services.return_purse(
            operators[0], purse=purse, reason="Cancelled.", at=NOON + 3 * DAY
        ),
    )

    purse.refresh_from_db()
    assert purse.closed_at
    assert (purse.awarded_minor, purse.returned_minor) in {(1000, 0), (0, 1000)}
    assert in_escrow(purse) == 0
    assert sum(LedgerLine.objects.values_list("minor", flat=True)) == 0
    paid = Candidate.objects.aggregate(all=Sum("awarded_minor"))["all"]
    assert paid == purse.awarded_minor


@pytest.mark.django_db
def test_the_database_lets_no_purse_give_more_than_it_holds():
    purse = fund(state())
    for wall, changes in {
        "closed_is_empty": {"awarded_minor": 1, "decided_at": NOON, "closed_at": NOON},
        "never_overdrawn": {"returned_minor": 1001},
        "awarded_once_decided": {"awarded_minor": 1},
    }.items():
        with pytest.raises(IntegrityError, match=wall), transaction.atomic():
            Purse.objects.filter(pk=purse.pk).update(**changes)
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        purse.transfers.update(amount_minor=1)
