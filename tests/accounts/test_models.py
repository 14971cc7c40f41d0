from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.models import ProtectedError

from marketplace.accounts.models import ApiToken, Namespace, Role, User
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    NamespaceFactory,
    OrganisationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", ["create_user", "create_superuser"])
def test_a_user_has_a_namespace_from_the_moment_they_exist(make):
    user = getattr(User.objects, make)("maria", "maria@example.org", "x")

    assert Namespace.objects.get(user=user).name == "maria"


def test_a_user_whose_name_an_organisation_has_is_not_made_at_all():
    OrganisationFactory(name="acme")

    with pytest.raises(IntegrityError, match="accounts_namespace_name"):
        User.objects.create_user("ACME", "acme@example.org")

    connection.needs_rollback = False


def test_a_user_with_a_namespace_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        UserFactory().delete()


@pytest.mark.parametrize(
    ("wall", "build"),
    [
        (
            "accounts_user_name_unique",
            lambda user: User.objects.bulk_create(
                [User(username=user.username.upper(), email="other@example.org")]
            ),
        ),
        (
            "accounts_user_email_unique",
            lambda user: User.objects.bulk_create(
                [User(username="other", email=user.email.upper())]
            ),
        ),
        (
            "accounts_user_name_shape",
            lambda user: User.objects.bulk_create(
                [User(username="a/b", email="other@example.org")]
            ),
        ),
        (
            "accounts_namespace_name_shape",
            lambda user: NamespaceFactory(
                name="a\nb", organisation=OrganisationFactory(namespace=None)
            ),
        ),
        ("accounts_namespace_one_owner", lambda user: NamespaceFactory()),
        (
            "accounts_namespace_one_owner",
            lambda user: Namespace.objects.filter(user=user).update(
                organisation=OrganisationFactory(namespace=None)
            ),
        ),
        (
            "accounts_membership_once",
            lambda user: MembershipFactory.create_batch(
                2, user=user, organisation=OrganisationFactory()
            ),
        ),
        (
            "accounts_membership_role_known",
            lambda user: MembershipFactory(user=user, role="GUEST"),
        ),
        ("accounts_organisation_has_title", lambda user: OrganisationFactory(title="")),
        ("accounts_apitoken_has_scopes", lambda user: ApiTokenFactory(scopes=[])),
        (
            "accounts_apitoken_scopes_known",
            lambda user: ApiTokenFactory(scopes=["read", "write"]),
        ),
        (
            "accounts_apitoken_expires_after_issue",
            lambda user: ApiTokenFactory(expires_at=NOON),
        ),
    ],
)
def test_the_database_refuses_what_should_not_exist(wall, build):
    user = UserFactory()

    with pytest.raises(IntegrityError, match=wall):
        build(user)

    connection.needs_rollback = False


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("owner", Role.OWNER),
        ("writer", Role.WRITER),
        ("reader", Role.READER),
        ("stranger", None),
    ],
)
def test_a_role_in_an_organisation_is_that_of_the_membership(who, role):
    organisation = OrganisationFactory()
    people = {
        "owner": organisation.memberships.get().user,
        "writer": MembershipFactory(organisation=organisation, role=Role.WRITER).user,
        "reader": MembershipFactory(organisation=organisation).user,
        "stranger": UserFactory(),
    }

    assert organisation.namespace.role_of(people[who]) == role


def test_using_a_token_is_noted_once_in_a_while():
    token = ApiTokenFactory()
    minute = timedelta(minutes=1)

    noted = [
        ApiToken.objects.note_use(token.pk, at=at, not_since=at - minute)
        for at in (NOON, NOON + minute / 2, NOON + minute)
    ]

    token.refresh_from_db()
    assert noted == [True, False, True]
    assert token.last_used_at == NOON + minute


@pytest.mark.parametrize(
    ("model", "column", "index"),
    [
        (User, "username", "accounts_user_name_unique"),
        (User, "email", "accounts_user_email_unique"),
        (Namespace, "name", "accounts_namespace_name_unique"),
    ],
)
def test_looking_up_a_name_in_any_case_is_answered_by_an_index(model, column, index):
    UserFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = model.objects.filter(**{f"{column}__iexact": "X"}).explain()

    assert index in plan
