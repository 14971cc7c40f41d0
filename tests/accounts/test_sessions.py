import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from marketplace.accounts.devices import device_in_words, neighbourhood
from marketplace.accounts.models import Letter, Notice, User
from marketplace.accounts.seen import NOTED_EVERY
from marketplace.accounts.services import send_notices
from marketplace.kit.models import AuditRecord
from tests.accounts.markup import Page
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "seven-doors-of-Thebes"
PATH = "/settings/sessions"
MARK = re.compile(r'name="session" value="(\w+)"')
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def maria():
    return UserFactory(username="maria", password=PASSWORD)


def browser_of(name="maria", agent=FIREFOX, cookies=None):
    browser = Client(headers={"User-Agent": agent}, REMOTE_ADDR="192.0.2.77")
    if cookies:
        browser.cookies = cookies
    browser.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return browser


def who_is(browser):
    return browser.get("/api/v1/account").json().get("name")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone) AppleWebKit Version/18 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141 Safari/537", "Chrome on Android"),
        ("python-requests/2.34", "python-requests"),
        ("", "A program"),
        ("\x07/1", "A program"),
    ],
)
def test_a_device_is_called_what_people_call_it(said, words):
    assert device_in_words(said) == words


def test_an_address_is_told_without_its_end():
    known = ["192.0.2.77", "2001:db8:1:2::5", "unknown"]

    assert [neighbourhood(each) for each in known] == [
        "192.0.2.…",
        "2001:db8:1::…",
        "",
    ]


@pytest.mark.parametrize("others", [1, 4])
def test_one_sees_where_one_is_signed_in_and_ends_it(
    maria, others, django_assert_num_queries
):
    UserFactory(username="stranger", password=PASSWORD)
    stranger = browser_of("stranger")
    here = browser_of()
    there = [browser_of(agent=CHROME) for _ in range(others)]
    with django_assert_num_queries(4):  # session, user, factors, page
        page = here.get(PATH)
    shown = page.content.decode()

    assert Page(page).flaws() == []
    assert shown.count("Chrome on Windows</strong>") == others
    assert shown.count("Firefox on Linux</strong>") == 1
    assert "192.0.2.…" in shown
    assert "192.0.2.77" not in shown
    theirs = MARK.findall(here.get(PATH).content.decode())
    assert stranger.post(PATH, {"session": theirs[0]}).status_code == 404
    here.post(PATH, {"session": theirs[0]})
    assert [who_is(each) for each in there].count(None) == 1
    here.post(PATH)

    assert {who_is(each) for each in there} == {None}
    assert (who_is(here), who_is(stranger)) == ("maria", "stranger")
    ends = AuditRecord.objects.filter(act="end_session").order_by("at")
    counts = [each.details["count"] for each in ends]
    assert counts == [1, others - 1] if others > 1 else [1]


def test_a_session_that_is_used_is_noted_every_ten_minutes_and_no_oftener(
    maria, django_assert_num_queries
):
    browser = browser_of()
    long_ago = timezone.now() - 2 * NOTED_EVERY
    UserSession.objects.update(last_seen_at=long_ago)
    browser.get("/settings")
    assert UserSession.objects.get().last_seen_at == long_ago

    session = browser.session
    session["seen_at"] = long_ago.timestamp()
    session.save()
    browser.get("/settings", headers={"User-Agent": CHROME})

    seen = UserSession.objects.get()
    assert timezone.now() - seen.last_seen_at < timedelta(minutes=1)
    assert (seen.user_agent, seen.ip) == (CHROME, "192.0.2.77")


def test_a_sign_in_from_a_browser_that_was_not_known_is_told_at_once(maria, mailoutbox):
    first = browser_of()
    at = timezone.now()
    send_notices(at=at, base_url="https://stoa.example")
    first.post("/accounts/logout/")
    browser_of(cookies=first.cookies)  # the same again
    browser_of(agent=CHROME)
    send_notices(at=timezone.now(), base_url="https://stoa.example")

    told = Notice.objects.filter(person=maria, kind=Letter.SECURITY)
    assert [each.subject.split(":")[1] for each in told.order_by("pk")] == [
        " Firefox on Linux, from 192.0.2.….",
        " Chrome on Windows, from 192.0.2.….",
    ]
    assert len(mailoutbox) == 2  # the second did not wait an hour for the first
    assert "https://stoa.example/settings/sessions" in mailoutbox[1].body


def test_who_signs_up_is_not_told_of_it(settings):
    Client().post(
        "/accounts/signup/",
        {
            "username": "nikos",
            "email": "nikos@example.org",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert User.objects.filter(username="nikos").exists()
    assert not Notice.objects.filter(kind=Letter.SECURITY).exists()


def test_a_new_password_ends_the_other_sessions_and_is_told(maria):
    here, there = browser_of(), browser_of(agent=CHROME)
    new = "nine-muses-of-Helicon"

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert (who_is(here), who_is(there)) == ("maria", None)
    assert (Session.objects.count(), UserSession.objects.count()) == (1, 1)
    assert AuditRecord.objects.filter(act="change_password", actor=maria).exists()
    subjects = Notice.objects.values_list("subject", flat=True)
    assert "Your password was changed." in subjects


class TestWhereLettersArrive:
    """With a mail server, an address is proven before anybody signs in with it."""

    @pytest.fixture(autouse=True)
    def posted(self, settings):
        settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def sign_up(self, name, email):
        form = {"password1": PASSWORD, "password2": PASSWORD}
        browser = Client()
        answer = browser.post(
            "/accounts/signup/", {"username": name, "email": email, **form}
        )
        return browser, answer

    def test_nobody_learns_at_sign_up_whether_an_address_has_an_account(self, maria):
        known, answer = self.sign_up("nikos", maria.email)
        new, other = self.sign_up("petros", "petros@example.org")

        assert (answer.status_code, answer["Location"]) == (
            other.status_code,
            other["Location"],
        )
        shown = [each.get(answer["Location"]).content.decode() for each in (known, new)]
        assert shown[0].replace(maria.email, "petros@example.org") == shown[1]
        assert [who_is(each) for each in (known, new)] == [None, None]
        assert set(User.objects.values_list("username", flat=True)) == {
            "maria",
            "petros",
        }
        assert [letter.to for letter in mail.outbox] == [
            [maria.email],
            ["petros@example.org"],
        ]
        assert "already" in mail.outbox[0].body

    def test_who_confirms_the_address_gets_in(self):
        browser, _ = self.sign_up("petros", "petros@example.org")
        link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1]

        browser.post(link)

        assert EmailAddress.objects.get().verified
        assert who_is(browser_of("petros")) == "petros"
