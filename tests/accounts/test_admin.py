import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse

from marketplace.accounts.models import ApiToken, User
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MODELS = [
    "accounts_user",
    "accounts_organisation",
    "accounts_namespace",
    "accounts_apitoken",
    "account_emailaddress",
    "mfa_authenticator",
    "usersessions_usersession",
    "kit_auditrecord",
]


@pytest.fixture
def staff(client):
    user = UserFactory(username="staff", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def rows():
    membership, token = MembershipFactory(), ApiTokenFactory(secret="stoa_secret")
    record = AuditRecord.objects.create(
        at=NOON, act="x", target_kind="y", target_id="z"
    )
    return {
        "accounts_user": membership.user,
        "accounts_organisation": membership.organisation,
        "accounts_namespace": membership.organisation.namespace,
        "accounts_apitoken": token,
        "account_emailaddress": EmailAddress.objects.create(
            user=membership.user, email=membership.user.email
        ),
        "mfa_authenticator": Authenticator.objects.create(
            user=membership.user, type="totp", data={"secret": "sealed-secret"}
        ),
        "usersessions_usersession": UserSession.objects.create(
            user=membership.user,
            ip="192.0.2.77",
            session_key="the-key-itself",
            user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        ),
        "kit_auditrecord": record,
    }


@pytest.mark.parametrize("model", MODELS)
def test_staff_look_and_change_nothing_by_hand(client, staff, rows, model):
    row = rows[model]
    change = reverse(f"admin:{model}_change", args=[row.pk])

    assert client.get(reverse(f"admin:{model}_changelist")).status_code == 200
    assert client.get(change).status_code == 200
    assert (
        client.get(reverse(f"admin:{model}_changelist"), {"q": "x"}).status_code == 200
    )
    assert client.get(reverse(f"admin:{model}_add")).status_code == 403
    assert client.post(change, {"title": "New"}).status_code == 403
    gone = client.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"})
    assert gone.status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("who", ["nobody", "member"])
def test_others_do_not_look(client, rows, who):
    if who == "member":
        client.force_login(UserFactory())

    answer = client.get(reverse("admin:accounts_user_changelist"))

    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/")


def test_what_would_let_somebody_in_is_never_shown(client, staff, rows):
    secrets = {
        "accounts_apitoken": rows["accounts_apitoken"].digest,
        "mfa_authenticator": "sealed-secret",
        "usersessions_usersession": "the-key-itself",
    }

    for model, secret in secrets.items():
        pages = [
            client.get(reverse(f"admin:{model}_changelist")),
            client.get(reverse(f"admin:{model}_change", args=[rows[model].pk])),
        ]
        assert not any(secret in page.content.decode() for page in pages)
    assert "Firefox on Linux" in pages[0].content.decode()
    assert "192.0.2.77" not in pages[0].content.decode()


def act(client, model, action, *rows):
    return client.post(
        reverse(f"admin:{model}_changelist"),
        {"action": action, "_selected_action": [str(row.pk) for row in rows]},
        follow=True,
    )


def test_staff_suspend_and_restore_by_the_services(client, staff):
    maria = UserFactory(username="maria")

    told = act(client, "accounts_user", "suspend", maria, staff).content.decode()
    suspended = set(User.objects.filter(is_active=False))
    act(client, "accounts_user", "restore", maria)

    assert suspended == {maria}
    assert "The account maria is suspended." in told
    assert "You cannot suspend your own account." in told
    assert not User.objects.filter(is_active=False).exists()
    acts = AuditRecord.objects.order_by("at").values_list("act", "actor_name")
    assert list(acts) == [("suspend_account", "staff"), ("restore_account", "staff")]


def test_staff_revoke_a_token_that_leaked(client, staff):
    token = ApiTokenFactory()

    act(client, "accounts_apitoken", "revoke", token)

    assert ApiToken.objects.get().revoked_at is not None
    assert AuditRecord.objects.get().actor == staff


@pytest.mark.parametrize("size", [1, 10])
@pytest.mark.parametrize(
    ("model", "queries"),
    [("accounts_user", 4), ("accounts_organisation", 4), ("accounts_apitoken", 4)],
)
def test_lists_take_the_same_queries_however_long(
    client, staff, django_assert_num_queries, model, queries, size
):
    MembershipFactory.create_batch(size)
    ApiTokenFactory.create_batch(size)

    with django_assert_num_queries(queries):  # session, user, count, page
        client.get(reverse(f"admin:{model}_changelist"))
