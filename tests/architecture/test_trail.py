"""What matters for safety and money is in the audit trail, where staff read it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing.services import change_price
from marketplace.accounts import services as accounts
from marketplace.accounts.models import Role, Scope
from marketplace.catalog.models import Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import set_visibility, share, unshare
from marketplace.kit.models import AuditRecord
from tests.accounts.test_second_factor import PASSWORD, set_up_app
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.licensing import make_offer

pytestmark = pytest.mark.django_db(transaction=True)  # allauth tells once it is written
SIGN_IN = "/accounts/login/"


@pytest.fixture
def maria(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MFA_TOTP_PERIOD = 10**8  # seconds, so that no code ends within a test
    return UserFactory(username="maria", password=PASSWORD)


@pytest.fixture
def staff():
    return UserFactory(username="stefan", is_staff=True, is_superuser=True)


def signs_in(maria, _staff):
    browser = Client()
    for _ in range(2):
        browser.post(SIGN_IN, {"login": "maria", "password": PASSWORD})
        browser.post("/accounts/logout/")
    return [(maria, "sign_in_elsewhere", maria), (maria, "sign_in", maria)]


def sets_a_second_factor_up(maria, staff):
    browser = Client()
    browser.post(SIGN_IN, {"login": "maria", "password": PASSWORD})
    set_up_app(browser)
    accounts.clear_second_factor(staff, user=maria, at=timezone.now())
    return [(maria, "add_app", maria), (staff, "clear_second_factor", maria)]


def changes_the_password(maria, _staff):
    browser = Client()
    browser.post(SIGN_IN, {"login": "maria", "password": PASSWORD})
    new = f"{PASSWORD} more"
    told = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    browser.post("/accounts/password/change/", told)
    return [(maria, "change_password", maria)]


def makes_and_revokes_a_token(maria, _staff):
    now = timezone.now()
    token, _ = accounts.issue_token(
        maria,
        label="laptop",
        scopes=[Scope.READ],
        expires_at=now + timedelta(days=1),
        issued_at=now,
    )
    accounts.revoke_token(maria, token=token, revoked_at=now)
    return [(maria, "issue_token", token), (maria, "revoke_token", token)]


def gives_and_takes_permissions(maria, _staff):
    now, friend = timezone.now(), UserFactory()
    held = RepositoryFactory(owner=maria)
    share(maria, repository=held, user=friend, role=ShareRole.VIEWER, shared_at=now)
    unshare(maria, repository=held, user=friend, unshared_at=now)
    set_visibility(maria, repository=held, visibility=Visibility.PUBLIC, changed_at=now)
    lab = OrganisationFactory(owner=maria)
    accounts.set_member(
        maria, organisation=lab, user=friend, role=Role.WRITER, since=now
    )
    return [
        (maria, "share_repository", held),
        (maria, "unshare_repository", held),
        (maria, "set_visibility", held),
        (maria, "set_member", lab),
    ]


def changes_a_price(_maria, _staff):
    offer = make_offer()
    owner = offer.work.owner.user
    change_price(
        owner,
        offer=offer,
        price_minor=250_00,
        currency="EUR",
        changed_at=timezone.now(),
    )
    return [(owner, "change_price", offer)]


def is_suspended_in_the_administration(maria, staff):
    browser = Client()
    browser.force_login(staff)
    listed = reverse("admin:accounts_user_changelist")
    for action in ("suspend", "restore"):
        told = {"action": action, "_selected_action": [maria.pk]}
        assert browser.post(listed, told).status_code == 302
    return [(staff, "suspend_account", maria), (staff, "restore_account", maria)]


@pytest.mark.parametrize(
    "does",
    [
        signs_in,
        sets_a_second_factor_up,
        changes_the_password,
        makes_and_revokes_a_token,
        gives_and_takes_permissions,
        changes_a_price,
        is_suspended_in_the_administration,
    ],
)
def test_it_is_written_who_did_it_on_what_and_staff_read_it(does, maria, staff):
    before = set(AuditRecord.objects.values_list("pk", flat=True))

    done = does(maria, staff)

    written = AuditRecord.objects.exclude(pk__in=before)
    found = {(each.actor_id, each.act, each.target_id) for each in written}
    assert {(who.pk, act, str(what.pk)) for who, act, what in done} <= found
    browser = Client()
    browser.force_login(staff)
    for who, act, _ in done:
        page = browser.get("/operator/audit", {"word": act}).content.decode()
        assert act in page
        assert who.username in page


def test_who_fails_to_sign_in_is_logged_from_where_and_without_what_they_typed(
    maria, caplog
):
    with caplog.at_level("INFO"):
        Client().post(
            SIGN_IN,
            {"login": "maria", "password": "a guess"},
            headers={"User-Agent": "Firefox/140.0"},
            REMOTE_ADDR="192.0.2.77",
        )

    [said] = [line for line in caplog.messages if "sign_in_failed" in line]
    assert "from 192.0.2." in said
    assert "a guess" not in caplog.text
