import re

import pytest
from django.core import mail
from django.urls import reverse

from marketplace.accounts.models import Namespace, User
from marketplace.kit.models import AuditRecord
from tests.accounts.markup import Page
from tests.factories.accounts import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long and unlikely one"
LINK = re.compile(r"http://testserver(/\S+)")


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


@pytest.fixture
def maria():
    return UserFactory(username="maria", password=PASSWORD)


def wanting(**more):
    return {
        "username": "nikos",
        "email": "nikos@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **more,
    }


def sign_up(client, **more):
    return client.post("/accounts/signup/", wanting(**more))


def who_is(client):
    return client.get("/api/v1/account").json().get("name")


def link_in(message):
    return LINK.search(message.body)[1]


class TestSignUp:
    def test_whoever_signs_up_has_an_account_a_namespace_and_is_signed_in(
        self, client, outbox
    ):
        answer = sign_up(client, username="Nikos", email="Nikos@Example.org")

        user = User.objects.get()
        assert answer.status_code == 302
        assert (user.username, user.email) == ("Nikos", "nikos@example.org")
        assert user.check_password(PASSWORD)
        assert Namespace.objects.get().user == user
        assert AuditRecord.objects.get().act == "create_account"
        assert who_is(client) == "Nikos"
        assert outbox[0].to == ["nikos@example.org"]

    @pytest.mark.parametrize(
        ("flaw", "message"),
        [
            ({"username": "MARIA"}, "This name is taken. Choose another."),
            ({"username": "Acme"}, "This name is taken. Choose another."),
            ({"username": "admin"}, "reserved for the site"),
            ({"username": "a b"}, "Use 1 to 96 letters"),
            ({"username": "a@b"}, "Use 1 to 96 letters"),
            ({"username": "x" * 97}, "at most 96 characters"),
            ({"username": "a\0"}, "Null characters are not allowed."),
            ({"username": ""}, "This field is required."),
            ({"email": "nobody"}, "Enter a valid email address."),
            ({"email": "MARIA@example.org"}, "Another account has this address."),
            ({"password2": "another"}, "You must type the same password each time."),
            (
                {"password1": "short", "password2": "short"},
                "This password is too short",
            ),
            (
                {
                    "username": "nikolaos-k",
                    "password1": "nikolaos-k1",
                    "password2": "nikolaos-k1",
                },
                "The password is too similar to the name.",
            ),
        ],
    )
    def test_a_flaw_is_told_beside_its_field_and_nothing_is_made(
        self, client, maria, flaw, message
    ):
        OrganisationFactory(name="acme", owner=maria)

        answer = sign_up(client, **flaw)

        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert Page(answer).flaws() == []
        assert list(User.objects.all()) == [maria]
        assert who_is(client) is None

    def test_when_sign_up_is_closed_nobody_gets_in(self, client, settings):
        settings.SIGNUP_IS_OPEN = False

        page, answer = client.get("/accounts/signup/"), sign_up(client)

        for each in (page, answer):
            assert Page(each).title == "Sign-up is closed"
        assert not User.objects.exists()

    def test_twenty_sign_ups_a_minute_from_one_address_are_enough(self, client):
        statuses = [sign_up(client, username="").status_code for _ in range(21)]

        assert statuses == [200] * 20 + [429]


class TestSignIn:
    @pytest.mark.parametrize("login", ["maria", "MARIA", "maria@example.org"])
    def test_members_sign_in_by_name_or_address(self, client, maria, login):
        answer = client.post(
            "/accounts/login/?next=/settings", {"login": login, "password": PASSWORD}
        )

        assert (answer.status_code, answer.url) == (302, "/settings")
        assert who_is(client) == "maria"

    @pytest.mark.parametrize(
        ("login", "password"),
        [
            ("maria", "wrong"),
            ("nobody", PASSWORD),
            ("nobody@example.org", PASSWORD),
            ("maria", ""),
            ("a\0", "b\0"),
        ],
    )
    def test_a_wrong_pair_signs_nobody_in(self, client, maria, login, password):
        answer = client.post("/accounts/login/", {"login": login, "password": password})

        assert answer.status_code == 200
        assert Page(answer).flaws() == []
        assert who_is(client) is None

    def test_the_way_back_never_leads_to_another_site(self, client, settings, maria):
        answer = client.post(
            "/accounts/login/?next=https://evil.example/",
            {"login": "maria", "password": PASSWORD},
        )

        assert answer.url == reverse(settings.LOGIN_REDIRECT_URL)

    def test_guessing_is_stopped_even_when_the_guess_is_right(self, client, maria):
        for _ in range(5):
            client.post("/accounts/login/", {"login": "maria", "password": "wrong"})

        answer = client.post(
            "/accounts/login/", {"login": "maria", "password": PASSWORD}
        )

        assert "Too many failed login attempts" in answer.content.decode()
        assert who_is(client) is None

    def test_a_suspended_account_stays_outside(self, client, maria):
        User.objects.update(is_active=False)

        answer = client.post(
            "/accounts/login/", {"login": "maria", "password": PASSWORD}, follow=True
        )

        assert who_is(client) is None
        assert Page(answer).title in {"This account is suspended", "Sign in"}

    def test_suspending_ends_a_session_at_once(self, client, maria):
        client.force_login(maria)
        before = who_is(client)

        User.objects.update(is_active=False)

        assert (before, who_is(client)) == ("maria", None)

    def test_members_sign_out_by_a_button_and_not_by_a_link(self, client, maria):
        client.force_login(maria)

        page = client.get("/accounts/logout/")
        still = who_is(client)
        client.post("/accounts/logout/")

        assert (Page(page).title, still) == ("Sign out", "maria")
        assert who_is(client) is None


class TestPasswords:
    def test_who_forgot_it_gets_a_link_and_sets_another(self, client, maria, outbox):
        asked = client.post(
            "/accounts/password/reset/", {"email": "Maria@example.org"}, follow=True
        )
        form = client.get(link_in(outbox[0]), follow=True)
        url = form.redirect_chain[-1][0]
        new = {"password1": "quite another one", "password2": "quite another one"}
        done = client.post(url, new, follow=True)
        used = client.get(link_in(outbox[0]), follow=True)

        maria.refresh_from_db()
        assert Page(asked).title == "The link is on its way"
        assert Page(form).flaws() == []
        assert Page(done).title == "Your password is set"
        assert Page(used).title == "This link works no more"
        assert maria.check_password("quite another one")

    def test_who_never_had_one_gets_a_link_too(self, client, outbox):
        user = UserFactory()
        user.set_unusable_password()
        user.save(update_fields=["password"])

        client.post("/accounts/password/reset/", {"email": user.email})

        assert "/accounts/password/reset/key/" in link_in(outbox[0])

    def test_an_unknown_address_is_answered_the_same(self, client, maria):
        known, unknown = (
            client.post("/accounts/password/reset/", {"email": email}, follow=True)
            for email in ("maria@example.org", "nobody@example.org")
        )

        assert Page(known).title == Page(unknown).title
        assert known.redirect_chain == unknown.redirect_chain

    def test_a_member_changes_it_by_giving_the_present_one(self, client, maria):
        client.force_login(maria)
        new = {"password1": "quite another one", "password2": "quite another one"}

        wrong = client.post("/accounts/password/change/", {"oldpassword": "x", **new})
        maria.refresh_from_db()
        kept = maria.check_password(PASSWORD)
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})

        maria.refresh_from_db()
        assert "Please type your current password." in wrong.content.decode()
        assert Page(wrong).flaws() == []
        assert kept
        assert maria.check_password("quite another one")


class TestAddress:
    def test_it_changes_once_the_new_one_is_verified(self, client, maria, outbox):
        client.force_login(maria)

        client.post("/accounts/email/", {"action_add": "", "email": "New@example.org"})
        waiting = client.get("/accounts/email/")
        maria.refresh_from_db()
        before = maria.email
        confirming = client.get(link_in(outbox[-1]))
        client.post(link_in(outbox[-1]))

        maria.refresh_from_db()
        assert "new@example.org, once you follow" in waiting.content.decode()
        assert Page(waiting).flaws() == []
        assert Page(confirming).title == "Confirm your e-mail address"
        assert (before, maria.email) == ("maria@example.org", "new@example.org")

    def test_anothers_is_refused(self, client, maria, outbox):
        client.force_login(maria)
        UserFactory(email="taken@example.org")

        answer = client.post(
            "/accounts/email/", {"action_add": "", "email": "Taken@example.org"}
        )

        assert "Another account has this address." in answer.content.decode()
        assert Page(answer).flaws() == []
        assert not outbox

    def test_claiming_one_after_another_keeps_the_last_and_the_present(
        self, client, maria, outbox
    ):
        client.force_login(maria)
        for email in ("first@example.org", "second@example.org"):
            client.post("/accounts/email/", {"action_add": "", "email": email})

        first, second = (link_in(message) for message in outbox)
        client.post(first)
        maria.refresh_from_db()
        before = maria.email
        client.post(second)

        maria.refresh_from_db()
        assert (before, maria.email) == ("maria@example.org", "second@example.org")

    def test_a_claim_can_be_given_up_but_not_the_present_address(self, client, maria):
        client.force_login(maria)
        client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})

        for email in ("maria@example.org", "new@example.org", "maria@example.org"):
            client.post("/accounts/email/", {"action_remove": "", "email": email})

        maria.refresh_from_db()
        page = client.get("/accounts/email/").content.decode()
        assert maria.email == "maria@example.org"
        assert "To become" not in page

    def test_a_claim_keeps_nobody_from_signing_up(self, client, maria, outbox):
        client.force_login(maria)
        client.post(
            "/accounts/email/", {"action_add": "", "email": "nikos@example.org"}
        )
        claim = link_in(outbox[0])
        client.logout()

        answer = sign_up(client)
        client.post(claim)

        maria.refresh_from_db()
        assert answer.status_code == 302
        assert User.objects.get(username="nikos").email == "nikos@example.org"
        assert maria.email == "maria@example.org"

    def test_the_link_can_be_sent_again(self, client, maria, outbox):
        client.force_login(maria)

        client.post(
            "/accounts/email/", {"action_send": "", "email": "maria@example.org"}
        )
        client.get("/accounts/email/")
        client.post(link_in(outbox[0]))

        page = client.get("/accounts/email/").content.decode()
        assert "Verified" in page
        assert "Not verified" not in page

    def test_a_link_that_was_never_sent_confirms_nothing(self, client):
        answer = client.get("/accounts/confirm-email/x:y:z/")

        assert Page(answer).title == "Confirm your e-mail address"
        assert "This link works no more" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("account_login", "Sign in"),
        ("account_signup", "Sign up"),
        ("account_reset_password", "Forgotten password"),
        ("account_reset_password_done", "The link is on its way"),
        ("account_reset_password_from_key_done", "Your password is set"),
        ("account_inactive", "This account is suspended"),
        ("account_email_verification_sent", "Confirm your e-mail address"),
    ],
)
def test_pages_for_everyone_can_be_read_out(client, name, title):
    page = Page(client.get(reverse(name)))

    assert (page.title, page.flaws()) == (title, [])


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("account_logout", "Sign out"),
        ("account_email", "E-mail address"),
        ("account_change_password", "Change password"),
        ("account_reauthenticate", "Is it you?"),
    ],
)
def test_pages_for_members_can_be_read_out(client, maria, name, title):
    client.force_login(maria)

    page = Page(client.get(reverse(name)))

    assert (page.title, page.flaws()) == (title, [])


def test_who_has_no_password_is_asked_to_set_one(client):
    user = UserFactory()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    client.force_login(user)

    page = Page(client.get(reverse("account_change_password"), follow=True))

    assert (page.title, page.flaws()) == ("Set a password", [])
