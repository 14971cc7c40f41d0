import hashlib

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection

from licensing import services
from licensing.models import Share, ShareAcceptance, ShareSet
from licensing.queries import shares_in_force
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import DAY, NOON, make_work, share

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def other():
    return UserFactory()


@pytest.fixture
def work(owner):
    return make_work(owner)


def propose(work, parts, *, by=None, at=NOON):
    parties = {services.party_of_user(user): points for user, points in parts.items()}
    return services.propose_shares(
        by or work.owner.user, work=work, basis_points=parties, proposed_at=at
    )


def held(work):
    return {s.party.user: s.basis_points for s in shares_in_force(work)}


def test_invariant_10_shares_hold_once_everyone_has_agreed(work, owner, other):
    share_set = propose(work, {owner: 7000, other: 3000})
    assert held(work) == {owner: 10_000}

    services.accept_shares(other, share_set=share_set, accepted_at=NOON + DAY)

    share_set.refresh_from_db()
    assert held(work) == {owner: 7000, other: 3000}
    assert share_set.active_from == NOON + DAY
    assert ShareSet.objects.filter(work=work, closed_at=NOON + DAY).count() == 1


def test_what_was_read_is_kept_with_each_yes(work, owner, other):
    share_set = share(work, {owner: 7000, other: 3000})

    digest = hashlib.sha256(share_set.statement.encode()).hexdigest()
    assert f"{other.username}: 3000 of 10000" in share_set.statement
    assert set(
        ShareAcceptance.objects.filter(share_set=share_set).values_list(
            "accepted_by", "statement_sha256"
        )
    ) == {(owner.pk, digest), (other.pk, digest)}


def test_agreeing_twice_changes_nothing(work, owner, other):
    share_set = share(work, {owner: 7000, other: 3000})

    services.accept_shares(other, share_set=share_set, accepted_at=NOON + DAY)

    assert share_set.acceptances.count() == 2
    share_set.refresh_from_db()
    assert share_set.active_from == NOON


def test_who_is_paid_now_must_agree_to_being_paid_less(work, owner, other):
    share(work, {owner: 7000, other: 3000})

    share_set = propose(work, {owner: 10_000}, at=NOON + DAY)
    assert held(work) == {owner: 7000, other: 3000}

    services.accept_shares(other, share_set=share_set, accepted_at=NOON + DAY)
    assert held(work) == {owner: 10_000}


def test_a_clock_that_lags_does_not_stop_a_change(work, owner, other):
    share(work, {owner: 7000, other: 3000}, at=NOON + DAY)

    share(work, {owner: 6000, other: 4000}, at=NOON)

    assert held(work) == {owner: 6000, other: 4000}


def test_another_proposal_takes_the_place_of_an_open_one(work, owner, other):
    first = propose(work, {owner: 7000, other: 3000})
    second = propose(work, {owner: 6000, other: 4000})

    with pytest.raises(services.SharesRefused, match="replaced"):
        services.accept_shares(other, share_set=first, accepted_at=NOON)
    services.accept_shares(other, share_set=second, accepted_at=NOON)

    assert held(work) == {owner: 6000, other: 4000}


def test_either_side_may_close_a_proposal_and_strangers_may_not(work, owner, other):
    for refuser in (owner, other):
        share_set = propose(work, {owner: 7000, other: 3000})
        with pytest.raises(PermissionDenied):
            services.withdraw_shares(
                UserFactory(), share_set=share_set, withdrawn_at=NOON
            )
        services.withdraw_shares(refuser, share_set=share_set, withdrawn_at=NOON)
        share_set.refresh_from_db()
        assert share_set.closed_at == NOON
    assert held(work) == {owner: 10_000}


def test_shares_in_force_are_not_withdrawn(work, owner, other):
    share_set = share(work, {owner: 7000, other: 3000})

    with pytest.raises(services.SharesRefused):
        services.withdraw_shares(owner, share_set=share_set, withdrawn_at=NOON)
    assert held(work) == {owner: 7000, other: 3000}


@pytest.mark.parametrize(
    "parts", [(7000, 2999), (7000, 3001), (10_000, 0), (11_000, -1000), ()]
)
def test_parts_that_make_no_whole_are_refused(work, owner, other, parts):
    people = dict(zip((owner, other), parts, strict=False))

    with pytest.raises(Malformed, match="basis_points"):
        propose(work, people)
    assert held(work) == {owner: 10_000}


def test_nobody_can_agree_for_people_who_are_only_described(work, owner):
    party = services.describe_party(
        owner, name="Donors", description="Of the archive", described_at=NOON
    )
    with pytest.raises(services.SharesRefused, match="no account"):
        services.propose_shares(
            owner,
            work=work,
            basis_points={work.owner: 5000, party: 5000},
            proposed_at=NOON,
        )


@pytest.mark.parametrize("role", [None, Role.READER, Role.WRITER])
def test_only_owners_of_an_organisation_act_for_it(role):
    organisation = OrganisationFactory()
    work = make_work(services.party_of(organisation.namespace))
    actor = UserFactory()
    if role:
        MembershipFactory(organisation=organisation, user=actor, role=role)

    with pytest.raises(PermissionDenied):
        propose(work, {actor: 10_000}, by=actor)
    assert ShareSet.objects.filter(work=work).count() == 1


def test_strangers_do_not_agree_for_others(work, owner, other):
    share_set = propose(work, {owner: 7000, other: 3000})

    with pytest.raises(PermissionDenied):
        services.accept_shares(UserFactory(), share_set=share_set, accepted_at=NOON)
    assert held(work) == {owner: 10_000}


def test_invariant_10_the_database_itself_refuses_shares_that_make_no_whole(
    work, owner
):
    share_set = ShareSet.objects.create(
        work=work, statement="x", proposed_by=owner, proposed_at=NOON
    )
    Share.objects.create(share_set=share_set, party=work.owner, basis_points=9_999)

    with (
        pytest.raises(IntegrityError, match="do not sum to 10000"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
