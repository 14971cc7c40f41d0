import pytest
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.services import (
    EmailTaken,
    NameNotAllowed,
    NameTaken,
    create_account,
    restore_account,
    suspend_account,
    update_profile,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db


def make(name="maria", email="maria@example.org", **more):
    return create_account(
        **{"name": name, "email": email, "password": None, "created_at": NOON, **more}
    )


def test_an_account_comes_with_its_namespace_and_a_record():
    user = make(email=" Maria@Example.org ", password="long and unlikely")

    assert (user.username, user.email) == ("maria", "maria@example.org")
    assert user.check_password("long and unlikely")
    assert (user.is_staff, user.is_superuser, user.date_joined) == (False, False, NOON)
    assert user.namespace.name == "maria"
    record = AuditRecord.objects.get()
    assert (record.act, record.actor, record.target_id) == (
        "create_account",
        user,
        str(user.pk),
    )


def test_an_account_without_a_password_opens_to_none():
    assert not make().has_usable_password()


def test_an_account_of_staff_may_do_everything_in_the_admin():
    user = make(is_staff=True)

    assert (user.is_staff, user.is_superuser) == (True, True)


@pytest.mark.parametrize(
    ("said", "refusal", "message"),
    [
        ({"name": "admin"}, NameNotAllowed, "reserved"),
        ({"name": "a b"}, NameNotAllowed, "Use 1 to 96 letters"),
        ({"name": "NIKOS"}, NameTaken, "“NIKOS” is taken"),
        ({"name": "Acme"}, NameTaken, "“Acme” is taken"),
        ({"email": "nobody"}, Malformed, "“nobody” is not an e-mail address"),
        ({"email": ""}, Malformed, "not an e-mail address"),
        ({"email": "a@b\0.org"}, Malformed, "not an e-mail address"),
        ({"email": "NIKOS@example.org"}, EmailTaken, "ask for a new password"),
    ],
)
def test_an_account_is_refused_whole(said, refusal, message):
    UserFactory(username="nikos", email="nikos@example.org")
    OrganisationFactory(name="acme")
    before = User.objects.count()

    with pytest.raises(refusal, match=message):
        make(**said)

    assert User.objects.count() == before
    assert not Namespace.objects.filter(name="maria").exists()
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"name": "MARIA", "email": "other@example.org"}, NameTaken),
        ({"name": "other", "email": "MARIA@example.org"}, EmailTaken),
    ],
)
def test_of_two_who_want_the_same_at_once_one_gets_it(other, refusal):
    done = run_at_once(make, lambda: make(**other))

    made = [one for one in done if isinstance(one, User)]
    refused = [one for one in done if isinstance(one, refusal)]
    assert (len(made), len(refused)) == (1, 1)
    assert list(User.objects.all()) == made
    assert [space.user for space in Namespace.objects.all()] == made


def test_a_profile_changes_in_the_parts_that_were_given():
    user = UserFactory(full_name="Maria", about="Old")

    update_profile(user, about="  New ", at=NOON)

    user.refresh_from_db()
    assert (user.full_name, user.about) == ("Maria", "New")
    assert AuditRecord.objects.get().details == {"changed": "about"}


def test_a_profile_that_is_told_nothing_records_nothing():
    update_profile(UserFactory(), at=NOON)

    assert not AuditRecord.objects.exists()


def test_staff_suspend_and_restore_an_account_once():
    staff, user = UserFactory(is_staff=True), UserFactory()

    suspend_account(staff, user=user, at=NOON)
    suspend_account(staff, user=user, at=NOON)
    suspended = User.objects.get(pk=user.pk).is_active
    restore_account(staff, user=user, at=NOON)

    assert suspended is False
    assert User.objects.get(pk=user.pk).is_active
    acts = [record.act for record in AuditRecord.objects.order_by("act")]
    assert acts == ["restore_account", "suspend_account"]


@pytest.mark.parametrize("act", [suspend_account, restore_account])
def test_only_staff_suspend_and_restore(act):
    user = UserFactory()

    with pytest.raises(PermissionDenied, match="Only staff"):
        act(UserFactory(), user=user, at=NOON)

    user.refresh_from_db()
    assert user.is_active


def test_staff_cannot_shut_themselves_out():
    staff = UserFactory(is_staff=True)

    with pytest.raises(PermissionDenied, match="your own"):
        suspend_account(staff, user=staff, at=NOON)

    staff.refresh_from_db()
    assert staff.is_active
