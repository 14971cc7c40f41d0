import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.management import CommandError, call_command
from django.test import Client

from marketplace.accounts.models import ApiToken, Notice, Scope
from marketplace.kit.models import AuditRecord
from tests.accounts.markup import Page
from tests.accounts.soft_key import SoftKey
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.signing_in import BACKEND, signed_in

pytestmark = pytest.mark.django_db(transaction=True)  # allauth tells once it is written
PASSWORD = "seven-doors-of-Thebes"
WRONG = {"code": "000000"}
SECRET = re.compile(r"<code[^>]*>([A-Z2-7]{32})</code>")
RECOVERY = re.compile(r"<code>(\d{8})</code>")


@pytest.fixture(autouse=True)
def in_a_test(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MFA_TOTP_PERIOD = 10**8  # seconds, so that no code ends within a test


@pytest.fixture
def maria():
    return UserFactory(username="maria", password=PASSWORD)


@pytest.fixture
def wanted_of_staff(settings):
    settings.STOA = settings.STOA.model_copy(update={"staff_need_second_factor": True})


def browser_of(name):
    browser = Client()
    return browser, browser.post(
        "/accounts/login/", {"login": name, "password": PASSWORD}
    )


def who_is(browser):
    return browser.get("/api/v1/account").json().get("name")


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def set_up_app(browser):
    """Return the secret and the recovery codes that whoever sets up an app is given."""
    path = "/accounts/2fa/totp/activate/"
    asked = browser.get(path)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    browser.post(asked["Location"], {"password": PASSWORD})
    page = browser.get(path)
    secret = SECRET.search(page.content.decode())[1]
    assert "data:image/svg+xml;base64," in page.content.decode()
    assert Page(page).flaws() == []
    refused = browser.post(path, WRONG)
    assert "This is not the code" in refused.content.decode()
    shown = browser.post(path, {"code": code_of(secret)}, follow=True)
    assert Page(shown).title == "Recovery codes"
    return secret, RECOVERY.findall(shown.content.decode())


def acts():
    return list(AuditRecord.objects.order_by("at", "id").values_list("act", flat=True))


def told(person):
    return set(Notice.objects.filter(person=person).values_list("subject", flat=True))


def test_an_app_guards_an_account_and_recovery_codes_are_the_way_back(maria):
    here, _ = browser_of("maria")
    there, _ = browser_of("maria")
    secret, codes = set_up_app(here)

    assert (who_is(here), who_is(there)) == ("maria", None)  # the other had no factor
    assert len(set(codes)) == 10
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert acts()[-1] == "add_app"
    assert "An authenticator app is your second factor now." in told(maria)

    browser, answer = browser_of("maria")
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert who_is(browser) is None
    page = browser.get(answer["Location"])
    assert (Page(page).title, Page(page).flaws()) == ("Second factor", [])
    assert browser.post(answer["Location"], WRONG).status_code == 200
    assert who_is(browser) is None
    browser.post(answer["Location"], {"code": code_of(secret)})
    assert who_is(browser) == "maria"

    again, answer = browser_of("maria")
    again.post(answer["Location"], {"code": code_of(secret)})
    assert who_is(again) is None  # no code is good twice
    again.post(answer["Location"], {"code": codes[0]})
    assert who_is(again) == "maria"
    assert "A recovery code was used to sign in as you." in told(maria)
    once_more, answer = browser_of("maria")
    once_more.post(answer["Location"], {"code": codes[0]})
    assert who_is(once_more) is None

    index = here.get("/accounts/2fa/")
    assert Page(index).flaws() == []
    assert "9 are left" in index.content.decode()
    here.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=maria).exists()
    assert "remove_app" in acts()
    assert who_is(browser_of("maria")[0]) == "maria"


def test_guessing_codes_is_stopped(maria):
    secret, _ = set_up_app(browser_of("maria")[0])
    browser, answer = browser_of("maria")
    for _ in range(5):
        browser.post(answer["Location"], WRONG)

    page = browser.post(answer["Location"], {"code": code_of(secret)})

    assert "Too many failed login attempts" in page.content.decode()
    assert who_is(browser) is None


def test_a_key_is_a_second_factor_and_what_is_no_answer_of_one_is_refused(maria):
    browser, _ = browser_of("maria")
    path = "/accounts/2fa/webauthn/add/"
    browser.post(browser.get(path)["Location"], {"password": PASSWORD})
    key, stranger = (SoftKey(origin="https://testserver") for _ in range(2))

    for nonsense in ("{}", "[]", '{"id": "x"}', '{"rawId": "eA", "response": {}}'):
        page = browser.post(path, {"name": "Blue", "credential": nonsense})
        assert "The key was not accepted" in page.content.decode()
    page = browser.get(path)
    assert Page(page).flaws() == []
    made = key.created(page.context["js_data"])
    shown = browser.post(path, {"name": "Blue", "credential": made}, follow=True)
    assert Page(shown).title == "Recovery codes"
    assert acts()[-1] == "add_key"

    other, answer = browser_of("maria")
    for one in (stranger, key):
        assert who_is(other) is None
        asked = other.get(answer["Location"])
        assert "By key" in asked.content.decode()
        credential = one.got(asked.context["js_data"])
        other.post(answer["Location"], {"credential": credential})
    assert who_is(other) == "maria"

    pk = Authenticator.objects.get(type="webauthn").pk
    keys = "/accounts/2fa/webauthn/"
    browser.post(f"{keys}keys/{pk}/edit/", {"name": "Green"})
    page = browser.get(keys)
    assert "Green" in page.content.decode()
    assert Page(page).flaws() == []
    browser.post(f"{keys}keys/{pk}/remove/")
    assert not Authenticator.objects.exists()
    assert acts()[-1] == "remove_key"


def test_staff_get_nowhere_without_one_where_the_operator_wants_it(wanted_of_staff):
    staff = UserFactory(username="kleio", is_staff=True, password=PASSWORD)
    ApiTokenFactory(user=staff, secret="stoa_staff", scopes=list(Scope))
    ApiTokenFactory(user=staff, secret="stoa_reads", scopes=[Scope.READ])
    browser, program = browser_of("kleio")[0], Client()

    def by_token(secret):
        held = {"Authorization": f"Bearer {secret}"}
        return program.get("/api/v1/account", headers=held)

    for path in ("/operator", "/admin/", "/settings", "/"):
        assert browser.get(path)["Location"] == "/accounts/2fa/"
    answers = [
        browser.get("/api/v1/account"),
        by_token("stoa_staff"),
        browser.get("/inbox/unread", headers={"HX-Request": "true"}),
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {
        (403, "second_factor_needed")
    }
    assert by_token("stoa_reads").status_code == 200
    assert "Staff of this site need" in browser.get("/accounts/2fa/").content.decode()

    set_up_app(browser)

    assert browser.get("/operator").status_code == 200
    assert by_token("stoa_staff").status_code == 200
    older = Client()
    older.force_login(staff, backend=BACKEND)
    assert older.get("/operator")["Location"] == (
        "/accounts/2fa/reauthenticate/?next=%2Foperator"
    )
    browser.post("/accounts/2fa/totp/deactivate/")
    assert browser.get("/operator")["Location"] == "/accounts/2fa/"


def test_a_token_is_made_in_a_session_that_gave_the_second_factor(maria):
    secret, _ = set_up_app(browser_of("maria")[0])
    older = signed_in(maria)
    form = {"label": "books", "scopes": [Scope.READ], "lifetime": "90"}

    asked = older.post("/settings/tokens", form)
    by_api = older.post(
        "/api/v1/tokens",
        {"label": "x", "scopes": ["read"]},
        content_type="application/json",
    )

    assert asked["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert by_api.json()["code"] == "second_factor_needed"
    assert not ApiToken.objects.exists()
    page = older.get(asked["Location"])
    assert (Page(page).title, Page(page).flaws()) == ("Is it you?", [])
    back = older.post(asked["Location"], {"code": code_of(secret)})
    assert back["Location"] == "/settings/tokens"
    assert "stoa_" in older.post("/settings/tokens", form).content.decode()


def test_the_administration_has_no_door_of_its_own(maria):
    UserFactory(username="kleio", is_staff=True, password=PASSWORD)

    answer = Client().post(
        "/admin/login/?next=/admin/", {"username": "kleio", "password": PASSWORD}
    )

    assert answer["Location"].startswith("/accounts/login/?next=")


def test_staff_take_it_from_who_lost_it_who_is_told(maria):
    browser, _ = browser_of("maria")
    set_up_app(browser)
    staff = UserFactory(is_staff=True, is_superuser=True)
    chosen = {"action": "clear_factor", "_selected_action": [str(maria.pk)]}

    signed_in(staff).post("/admin/accounts/user/", chosen)

    assert not Authenticator.objects.exists()
    assert who_is(browser) is None
    assert AuditRecord.objects.get(act="clear_second_factor").actor == staff
    assert "Staff took the second factor from your account." in told(maria)
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("clear_second_factor", "maria")
    with pytest.raises(CommandError, match="Nobody is called"):
        call_command("clear_second_factor", "nobody")
