"""Prizes: paid to whom the board says, once they took them."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing import queries, services
from licensing.models import Entry, Passing
from licensing.prizes import InLine, shared_out
from marketplace.accounts.models import Notice, Role
from marketplace.privacy.services import StandsInTheWay, erase_account
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.licensing import DAY, NOON
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
    won,
)
from tests.licensing.test_killed import killed_after

MOST_WRITES = 40


def _organisation_of(user):
    member = MembershipFactory(user=user, role=Role.OWNER)
    return services.party_of(member.organisation.namespace)


@given(
    ranks=st.lists(st.integers(1, 5), max_size=7),
    amounts=st.lists(st.integers(1, 1000), min_size=1, max_size=5),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_prizes_never_exceed_the_purse_and_only_grow_as_others_drop_out(
    ranks, amounts, data
):
    amounts = sorted(amounts, reverse=True)
    line = [InLine(uuid4(), rank) for rank in ranks]
    before = shared_out(line, amounts, passes_on=True)
    taken = min(len(line), len(amounts))
    assert sum(before.values()) == sum(amounts[:taken])

    out = set(data.draw(st.lists(st.sampled_from(line), unique=True)) if line else [])
    left = [InLine(each.party, each.rank, each in out) for each in line]
    moved_up = shared_out(left, amounts, passes_on=True)
    given_back = shared_out(left, amounts, passes_on=False)

    gone = {each.party for each in out}
    assert not gone & (moved_up.keys() | given_back.keys())
    assert all(moved_up[who] >= before[who] for who in before.keys() - gone)
    assert given_back == {who: before[who] for who in before.keys() - gone}
    for tied in Counter(ranks):
        group = [
            moved_up.get(e.party, 0) for e in left if e.rank == tied and not e.is_out
        ]
        assert not group or max(group) - min(group) <= 1


@pytest.mark.django_db
def test_winners_accept_and_are_paid_once_who_declines_lets_the_next_move_up():
    purse = fund(state())
    first, second, third, fourth = decide(purse, [1, 2, 2, 4])
    assert won(purse) == {1: 600, 2: 200}
    assert sorted(Notice.objects.values_list("person", flat=True)) == sorted(
        [purse.funder.user_id, *(c.party.user_id for c in (first, second, third))]
    )
    with pytest.raises(services.StillWaiting):
        release(purse)
    with pytest.raises(services.NotWon):
        accept(fourth)
    with pytest.raises(PermissionDenied):
        services.accept_prize(UserFactory(), candidate=first, at=NOON + DAY)

    decline(first)
    with pytest.raises(services.NotWon):
        accept(first)
    assert won(purse) == {2: 450, 4: 100}
    for each in (second, third):
        accept(each)
    fourth.refresh_from_db()
    with pytest.raises(services.TooLate):
        accept(fourth, at=fourth.answer_by)
    accept(fourth)
    for _ in range(2):
        purse = release(purse)

    assert (purse.state, purse.awarded_minor, in_escrow(purse)) == ("AWARDED", 1000, 0)
    assert Entry.objects.filter(kind="PRIZE_AWARDED").count() == 3
    payable = f"payable:{second.party_id}"
    assert queries.ledger_balance(payable, currency="EUR") == -450
    with pytest.raises(services.PurseClosed):
        services.return_purse(
            purse.funder.user, purse=purse, reason="No.", at=NOON + 9 * DAY
        )


@pytest.mark.django_db
def test_who_does_not_answer_in_time_loses_the_prize_and_it_goes_back_if_so_stated():
    purse = fund(state(passing=Passing.BACK))
    first, second = decide(purse, [1, 2])
    accept(second)
    over = NOON + DAY + timedelta(days=DAYS)
    assert services.lapse_prizes(over - timedelta(seconds=1)) == 0
    assert [services.lapse_prizes(over) for _ in range(2)] == [1, 0]

    purse = release(purse, by=purse.funder.user, at=over)

    first.refresh_from_db()
    assert (first.answer, purse.awarded_minor, purse.returned_minor) == (
        "LAPSED",
        300,
        700,
    )


@pytest.mark.django_db
def test_winners_are_told_that_a_purse_is_cancelled_and_those_who_are_out_are_not():
    purse = fund(state())
    first, second = decide(purse, [1, 2])
    decline(first)
    with pytest.raises(StandsInTheWay, match="prize in “Bird cup”"):
        erase_account(second.party.user, removes_words=False, erased_at=NOON)
    Notice.objects.all().delete()

    services.return_purse(operator(), purse=purse, reason="A leak.", at=NOON + 3 * DAY)

    told = {notice.person: notice for notice in Notice.objects.all()}
    assert set(told) == {second.party.user, purse.funder.user}
    assert told[second.party.user].text.endswith("Why: A leak.")
    assert told[purse.funder.user].subject.endswith(": returned to who gave it")


@pytest.mark.django_db
def test_a_prize_is_paid_to_the_organisation_that_the_winner_acts_for():
    purse = fund(state())
    (winner,) = decide(purse, [1])
    payee = _organisation_of(winner.party.user)
    with pytest.raises(PermissionDenied):
        accept(winner, payee=_organisation_of(UserFactory()))
    accept(winner, payee=payee)
    release(purse)
    assert queries.ledger_balance(f"payable:{payee.pk}", currency="EUR") == -600


@pytest.mark.django_db
def test_a_purse_is_not_released_before_its_board_is_frozen_nor_by_strangers():
    purse = fund(state())
    with pytest.raises(services.BoardNotFrozen):
        release(purse)
    with pytest.raises(services.PurseNotHeld):
        decide(state(), [1])
    with pytest.raises(PermissionDenied):
        release(purse, by=UserFactory())
    with pytest.raises(PermissionDenied):
        services.return_purse(UserFactory(), purse=purse, reason="Mine.", at=NOON)
    assert in_escrow(purse) == 1000


@pytest.mark.django_db(transaction=True)
def test_a_release_killed_after_any_of_its_writes_leaves_nothing_and_is_done_by_the_next():
    purse = fund(state())
    (winner,) = decide(purse, [1])
    accept(winner)
    operator, before = UserFactory(is_staff=True), Entry.objects.count()
    for write in range(1, MOST_WRITES):
        if killed_after(write, lambda: release(purse, by=operator)):
            break
        assert (Entry.objects.count(), in_escrow(purse)) == (before, 1000)
    assert write > 8

    purse = release(purse)

    assert (purse.awarded_minor, purse.returned_minor, in_escrow(purse)) == (
        600,
        400,
        0,
    )
    assert Entry.objects.count() == before + 2
    assert not list(queries.faults_of_books())
