from contextlib import suppress

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from licensing.models import ShareSet
from licensing.services import (
    HandOverRefused,
    party_of_user,
    propose_shares,
    withdraw_offer,
)
from marketplace.accounts.models import Role
from marketplace.catalog import services
from marketplace.catalog.models import (
    HeldBlob,
    Kind,
    Listing,
    NamespaceUsage,
    Repository,
    RepositoryAlias,
)
from marketplace.catalog.queries import Moved, find_repository
from marketplace.catalog.services.names import BadName, NameTaken
from marketplace.catalog.services.quotas import QuotaExceeded
from marketplace.catalog.services.repositories import RepositoryDeleted
from marketplace.kit.models import AuditRecord
from tests.catalog.conftest import EVERYONE
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order
from tests.factories.licensing import share as share_income

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def move(repository, name, *, to=None, actor=None):
    services.move_repository(
        actor or repository.created_by,
        repository=repository,
        namespace=to or repository.namespace,
        name=name,
        moved_at=NOON,
    )


def found(user, address, **rest):
    namespace, _, name = address.partition("/")
    return find_repository(
        user, kind=Kind.DATASET, namespace=namespace, name=name, **rest
    )


def leads_to(user, address):
    with pytest.raises(Moved) as moved:
        found(user, address)
    return str(moved.value.repository)


def kept(repository):
    """Return where it is, by what the database says."""
    return str(Repository.objects.select_related("namespace").get(pk=repository.pk))


@pytest.fixture
def owner():
    return UserFactory(username="maria")


@pytest.fixture
def birds(owner):
    made = RepositoryFactory(owner=owner, name="birds", public=True)
    commit(made, {"a": "11"})
    return made


@pytest.fixture
def guild(owner):
    """An organisation that the owner of `birds` owns, too."""
    return OrganisationFactory(owner=owner, name="guild").namespace


def test_a_former_name_leads_to_the_present_one_and_names_are_told_apart_by_kind(
    birds,
):
    move(birds, "fowl")

    assert kept(birds) == "maria/fowl"
    assert found(NOBODY, "maria/FOWL") == birds
    assert leads_to(NOBODY, "Maria/BIRDS") == "maria/fowl"
    assert found(NOBODY, "maria/birds", follow=True) == birds
    with pytest.raises(Http404):
        find_repository(NOBODY, kind=Kind.MODEL, namespace="maria", name="birds")
    listing = Listing.objects.get(pk=birds.pk)
    assert "fowl" in str(listing.search)
    record = AuditRecord.objects.get(act="move_repository")
    assert record.details == {"left": "maria/birds", "now": "maria/fowl"}


def test_all_former_names_lead_straight_to_the_present_one(birds):
    move(birds, "fowl")
    move(birds, "poultry")

    assert leads_to(NOBODY, "maria/birds") == "maria/poultry"
    assert leads_to(NOBODY, "maria/fowl") == "maria/poultry"


def test_what_moves_back_leaves_no_loop(birds):
    move(birds, "fowl")
    move(birds, "birds")

    assert found(NOBODY, "maria/birds") == birds
    assert leads_to(NOBODY, "maria/fowl") == "maria/birds"
    assert RepositoryAlias.objects.count() == 1


def test_writing_a_name_otherwise_is_no_other_address(birds):
    move(birds, "Birds")
    move(birds, "Birds")

    assert kept(birds) == "maria/Birds"
    assert found(NOBODY, "maria/birds") == birds
    assert not RepositoryAlias.objects.exists()


@pytest.mark.parametrize("who", EVERYONE)
def test_a_former_name_says_nothing_to_whom_the_present_one_would_not(
    repository, people, who
):
    former = str(repository)
    move(repository, "renamed")

    user = people[who] or NOBODY
    if who in {"nobody", "stranger", "staff"}:
        with pytest.raises(Http404):
            found(user, former)
        with pytest.raises(Http404):
            found(user, former, follow=True)
    else:
        assert leads_to(user, former) == str(repository)


def test_a_former_name_of_what_is_deleted_leads_nowhere(birds):
    move(birds, "fowl")
    services.delete_repository(birds.created_by, repository=birds, deleted_at=NOON)

    with pytest.raises(Http404):
        found(birds.created_by, "maria/birds")


@pytest.mark.parametrize("name", ["birds", "fowl", "none-such"])
def test_an_address_costs_one_query_whatever_it_is(
    birds, django_assert_num_queries, name
):
    move(birds, "fowl")

    with django_assert_num_queries(1), suppress(Moved, Http404):
        found(NOBODY, f"maria/{name}")


def test_the_owner_may_call_something_else_by_a_former_name(birds, owner):
    move(birds, "fowl")

    other = RepositoryFactory(owner=owner, name="Birds", public=True)

    assert found(NOBODY, "maria/birds") == other
    assert not RepositoryAlias.objects.exists()
    with pytest.raises(NameTaken):
        move(birds, "birds")
    assert kept(birds) == "maria/fowl"


def test_a_name_that_leads_to_what_is_anothers_now_is_given_to_nobody(
    birds, owner, guild
):
    move(birds, "birds", to=guild)
    assert leads_to(NOBODY, "maria/birds") == "guild/birds"

    with pytest.raises(NameTaken, match="or was before it moved"):
        RepositoryFactory(owner=owner, name="BIRDS")
    other = RepositoryFactory(owner=owner, name="else")
    with pytest.raises(NameTaken):
        move(other, "birds")

    assert leads_to(NOBODY, "maria/birds") == "guild/birds"
    assert kept(other) == "maria/else"
    assert other.name == "else"
    RepositoryFactory(owner=owner, name="birds", kind=Kind.MODEL)


def test_what_was_deleted_takes_its_name_back_from_a_former_one(birds, owner):
    services.delete_repository(owner, repository=birds, deleted_at=NOON)
    other = RepositoryFactory(owner=owner, name="birds", public=True)
    move(other, "fowl")

    services.restore_repository(owner, repository=birds, restored_at=NOON)

    assert found(NOBODY, "maria/birds") == birds


def test_a_move_to_another_namespace_hands_the_work_over(birds, owner, guild):
    move(birds, "fowl", to=guild)

    assert kept(birds) == "guild/fowl"
    birds.work.refresh_from_db()
    assert birds.work.owner.organisation == guild.organisation
    in_force = ShareSet.objects.get(work=birds.work, closed_at=None)
    [share] = in_force.shares.all()
    assert (share.party, share.basis_points) == (birds.work.owner, 10_000)
    record = AuditRecord.objects.get(act="hand_over")
    assert record.details == {"giver": "maria", "taker": "guild"}


def test_what_a_namespace_holds_goes_along(birds, owner, guild):
    also = RepositoryFactory(owner=owner)
    commit(also, {"x": "11", "y": "333"})
    there = RepositoryFactory(owner=owner, namespace=guild)
    commit(there, {"z": "4444"})
    commit(birds, {"b": "4444", "c": "55555"})

    move(birds, "birds", to=guild)

    sizes = dict(NamespaceUsage.objects.values_list("namespace__name", "size_bytes"))
    assert sizes == {"maria": 2 + 3, "guild": 2 + 4 + 5}
    held = HeldBlob.objects.filter(namespace=guild)
    assert sum(row.blob.size_bytes for row in held) == 11


def test_there_must_be_room(birds, guild, settings):
    settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 1})

    with pytest.raises(QuotaExceeded):
        move(birds, "birds", to=guild)

    assert kept(birds) == str(birds) == "maria/birds"
    birds.work.refresh_from_db()
    assert birds.work.owner.user == birds.created_by
    assert not RepositoryAlias.objects.exists()


def share_with_another(birds):
    share_income(birds.work, {birds.created_by: 6000, UserFactory(): 4000})


def propose(birds):
    propose_shares(
        birds.created_by,
        work=birds.work,
        basis_points={
            party_of_user(birds.created_by): 6000,
            party_of_user(UserFactory()): 4000,
        },
        proposed_at=NOON,
    )


def sell(birds):
    offer = make_offer(birds.work, decision="Ours.")
    make_order(offer)
    withdraw_offer(birds.created_by, offer=offer, withdrawn_at=NOON)


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (share_with_another, "hold shares"),
        (propose, "is proposed"),
        (lambda birds: make_offer(birds.work, decision="Ours."), "Withdraw its offers"),
        (sell, "was ordered from"),
    ],
)
def test_what_concerns_others_is_handed_over_to_nobody(birds, guild, first, reason):
    first(birds)

    with pytest.raises(HandOverRefused, match=reason):
        move(birds, "birds", to=guild)
    move(birds, "fowl")

    assert kept(birds) == "maria/fowl"
    birds.work.refresh_from_db()
    assert birds.work.owner.user == birds.created_by


MAY_RENAME = {"owner"}


@pytest.mark.parametrize("who", EVERYONE[1:])
def test_only_an_owner_gives_it_another_name(repository, people, who):
    former = str(repository)

    if who in MAY_RENAME:
        move(repository, "renamed", actor=people[who])
        assert kept(repository).endswith("/renamed")
    else:
        with pytest.raises(PermissionDenied):
            move(repository, "renamed", actor=people[who])
        assert kept(repository) == former


@pytest.mark.parametrize(
    ("there", "may"),
    [(None, False), (Role.READER, False), (Role.WRITER, True), (Role.OWNER, True)],
)
def test_one_moves_only_where_one_writes(birds, there, may):
    organisation = OrganisationFactory(name="others")
    if there:
        MembershipFactory(organisation=organisation, user=birds.created_by, role=there)

    if may:
        move(birds, "birds", to=organisation.namespace)
    else:
        with pytest.raises(PermissionDenied):
            move(birds, "birds", to=organisation.namespace)

    assert kept(birds) == ("others/birds" if may else "maria/birds")


def test_a_superuser_moves_nobodys_work_to_another(birds):
    staff = UserFactory(is_superuser=True)

    with pytest.raises(PermissionDenied):
        move(birds, "birds", to=staff.namespace, actor=staff)

    assert kept(birds) == "maria/birds"


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "-a", "a.git", "é", "a\0", "x" * 97]
)
def test_a_name_that_cannot_be_is_refused(birds, name):
    with pytest.raises(BadName):
        move(birds, name)

    assert kept(birds) == "maria/birds"


def test_there_must_be_a_namespace_and_a_repository(birds):
    with pytest.raises(Http404):
        move(birds, "birds", to="none-such")
    services.delete_repository(birds.created_by, repository=birds, deleted_at=NOON)
    with pytest.raises(RepositoryDeleted):
        move(birds, "fowl")
