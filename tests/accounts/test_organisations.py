from contextlib import nullcontext

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import Membership, Namespace, Organisation, Role
from marketplace.accounts.permissions import may_write_in, require_writer
from marketplace.accounts.queries import (
    namespaces_of,
    role_in,
    writable_namespaces,
)
from marketplace.accounts.services import (
    LastOwner,
    NameNotAllowed,
    NameTaken,
    NotAMember,
    create_organisation,
    remove_member,
    set_member,
    update_organisation,
)
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
EVERYONE = ["stranger", "reader", "writer", "owner"]


def roles(organisation):
    return dict(organisation.memberships.values_list("user__username", "role"))


def test_whoever_founds_an_organisation_owns_it():
    maria = UserFactory(username="maria")

    made = create_organisation(
        maria, name="acme", title=" Acme ", about="We make.", created_at=NOON
    )

    assert (made.title, made.about, made.created_at) == ("Acme", "We make.", NOON)
    assert made.namespace.name == "acme"
    assert roles(made) == {"maria": "OWNER"}
    record = AuditRecord.objects.get()
    assert (record.actor, record.act) == (maria, "create_organisation")


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("new", NameNotAllowed), ("MARIA", NameTaken), ("Acme", NameTaken)],
)
def test_an_organisation_under_a_name_it_cannot_have_is_not_founded(
    acme, name, refusal
):
    maria = UserFactory(username="maria")

    with pytest.raises(refusal):
        create_organisation(maria, name=name, title="X", created_at=NOON)

    assert list(Organisation.objects.all()) == [acme]
    assert not maria.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_organisations_of_one_name_at_once_one_is_founded():
    maria, nikos = UserFactory.create_batch(2)

    done = run_at_once(
        lambda: create_organisation(maria, name="acme", title="A", created_at=NOON),
        lambda: create_organisation(nikos, name="Acme", title="B", created_at=NOON),
    )

    assert sorted(type(one).__name__ for one in done) == ["NameTaken", "Organisation"]
    assert Organisation.objects.count() == Membership.objects.count() == 1


@pytest.mark.parametrize("who", EVERYONE)
def test_only_owners_describe_an_organisation(acme, people, who):
    is_owner = who == "owner"

    with (
        nullcontext()
        if is_owner
        else pytest.raises(
            PermissionDenied, match="Only an owner of “Acme” may do this"
        )
    ):
        update_organisation(people[who], organisation=acme, title="New", at=NOON)

    acme.refresh_from_db()
    assert (acme.title, acme.about) == ("New" if is_owner else "Acme", "")
    assert AuditRecord.objects.exists() is is_owner


@pytest.mark.parametrize("who", EVERYONE)
def test_only_owners_give_roles(acme, people, who):
    before, friend = roles(acme), UserFactory(username="friend")
    is_owner = who == "owner"

    with nullcontext() if is_owner else pytest.raises(PermissionDenied):
        set_member(
            people[who], organisation=acme, user=friend, role=Role.WRITER, since=NOON
        )

    assert roles(acme) == (before | {"friend": "WRITER"} if is_owner else before)
    details = {"member": "friend", "role": "WRITER", "was": None}
    recorded = [record.details for record in AuditRecord.objects.all()]
    assert recorded == ([details] if is_owner else [])


@pytest.mark.parametrize("who", EVERYONE)
def test_only_owners_take_others_out(acme, people, who):
    friend = MembershipFactory(organisation=acme).user
    is_owner = who == "owner"

    with nullcontext() if is_owner else pytest.raises(PermissionDenied):
        remove_member(people[who], organisation=acme, user=friend, at=NOON)

    assert acme.memberships.filter(user=friend).exists() is not is_owner
    assert AuditRecord.objects.exists() is is_owner


@pytest.mark.parametrize("who", ["reader", "writer"])
def test_a_member_may_leave(acme, people, who):
    remove_member(people[who], organisation=acme, user=people[who], at=NOON)

    assert people[who].username not in roles(acme)


def test_who_is_no_member_cannot_leave_or_be_taken_out(acme, people):
    for actor in (people["owner"], people["stranger"]):
        with pytest.raises(NotAMember, match="is not a member of “Acme”"):
            remove_member(actor, organisation=acme, user=people["stranger"], at=NOON)


def test_the_same_role_again_changes_and_records_nothing(acme, people):
    membership = set_member(
        people["owner"],
        organisation=acme,
        user=people["reader"],
        role=Role.READER,
        since=NOON.replace(year=2027),
    )

    assert membership.since == NOON
    assert not AuditRecord.objects.exists()


@pytest.mark.parametrize("role", [Role.WRITER, Role.READER])
def test_the_last_owner_cannot_step_down(acme, people, role):
    before = roles(acme)

    with pytest.raises(LastOwner, match="Make someone else an owner first"):
        set_member(
            people["owner"],
            organisation=acme,
            user=people["owner"],
            role=role,
            since=NOON,
        )

    assert roles(acme) == before


def test_the_last_owner_cannot_leave(acme, people):
    with pytest.raises(LastOwner):
        remove_member(people["owner"], organisation=acme, user=people["owner"], at=NOON)

    assert acme.memberships.filter(user=people["owner"]).exists()


def test_an_owner_may_go_once_there_is_another(acme, people):
    owner, heir = people["owner"], people["writer"]
    set_member(owner, organisation=acme, user=heir, role=Role.OWNER, since=NOON)

    remove_member(owner, organisation=acme, user=owner, at=NOON)

    assert roles(acme)[heir.username] == "OWNER"
    assert owner.username not in roles(acme)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_owners_who_leave_at_once_leave_one_owner_behind(attempt):
    acme = OrganisationFactory()
    first = acme.memberships.get().user
    second = MembershipFactory(organisation=acme, role=Role.OWNER).user

    done = run_at_once(
        lambda: remove_member(first, organisation=acme, user=first, at=NOON),
        lambda: set_member(
            second, organisation=acme, user=second, role=Role.READER, since=NOON
        ),
    )

    assert [isinstance(one, LastOwner) for one in done].count(True) == 1
    assert acme.memberships.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_owners_who_take_each_other_out_at_once_leave_one(attempt):
    acme = OrganisationFactory()
    first = acme.memberships.get().user
    second = MembershipFactory(organisation=acme, role=Role.OWNER).user

    done = run_at_once(
        lambda: remove_member(first, organisation=acme, user=second, at=NOON),
        lambda: remove_member(second, organisation=acme, user=first, at=NOON),
    )

    assert [isinstance(one, PermissionDenied) for one in done].count(True) == 1
    assert acme.memberships.filter(role=Role.OWNER).count() == 1


@pytest.mark.parametrize(
    ("who", "role", "may_write"),
    [
        ("stranger", None, False),
        ("reader", Role.READER, False),
        ("writer", Role.WRITER, True),
        ("owner", Role.OWNER, True),
    ],
)
def test_writers_and_owners_publish_for_an_organisation(
    acme, people, who, role, may_write
):
    user, namespace = people[who], acme.namespace

    assert role_in(user, namespace) == role
    assert may_write_in(user, namespace) is may_write
    assert (namespace in writable_namespaces(user)) is may_write
    assert (namespace in namespaces_of(user)) is (role is not None)


def test_a_person_owns_their_own_namespace_and_no_other():
    maria, nikos = UserFactory.create_batch(2)

    assert role_in(maria, maria.namespace) == Role.OWNER
    assert role_in(maria, nikos.namespace) is None
    assert list(writable_namespaces(maria)) == [maria.namespace]
    require_writer(maria, maria.namespace)
    with pytest.raises(PermissionDenied, match=f"“{nikos.username}”"):
        require_writer(maria, nikos.namespace)


def test_nobody_and_the_suspended_write_nowhere(acme, people):
    owner = people["owner"]
    owner.is_active = False

    assert not may_write_in(owner, acme.namespace)
    assert not may_write_in(owner, owner.namespace)


def test_nobody_has_no_role(acme):
    assert role_in(AnonymousUser(), acme.namespace) is None
    assert not writable_namespaces(AnonymousUser()).exists()


def test_asking_where_someone_may_write_takes_one_query(django_assert_num_queries):
    maria = UserFactory()
    for _ in range(5):
        MembershipFactory(user=maria, role=Role.WRITER)

    with django_assert_num_queries(1):
        names = [space.name for space in writable_namespaces(maria)]

    assert len(names) == 6
    assert Namespace.objects.filter(name__in=names).count() == 6
