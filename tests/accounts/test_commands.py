import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from marketplace.accounts.models import ApiToken, User
from marketplace.kit.ids import digest
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def create(*arguments, email="maria@example.org"):
    return run("create_account", "maria", "--email", email, *arguments)


class TestCreateAccount:
    def test_it_prints_the_name_and_says_how_to_set_a_password(self):
        out, err = create()

        user = User.objects.get()
        assert out == "maria\n"
        assert "`manage.py changepassword maria`" in err
        assert (user.namespace.name, user.email) == ("maria", "maria@example.org")
        assert not user.has_usable_password()
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_it_reads_a_password_from_standard_input(self, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO("long and unlikely\nmore\n"))

        out, err = create("--password-stdin")

        assert (out, err) == ("maria\n", "")
        assert User.objects.get().check_password("long and unlikely")

    def test_it_makes_staff(self):
        create("--staff")

        user = User.objects.get()
        assert (user.is_staff, user.is_superuser) == (True, True)

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("", "no password on its first line"),
            ("\nlong and unlikely\n", "no password on its first line"),
            ("short\n", "too short"),
            ("maria1234\n", "too similar to the name"),
        ],
    )
    def test_a_weak_password_makes_no_account(self, monkeypatch, said, message):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))

        with pytest.raises(CommandError, match=message):
            create("--password-stdin")

        assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["create_account", "admin", "--email", "a@example.org"], "reserved"),
            (["create_account", "a b", "--email", "a@example.org"], "Use 1 to 96"),
            (["create_account", "NIKOS", "--email", "a@example.org"], "is taken"),
            (["create_account", "maria", "--email", "nobody"], "not an e-mail address"),
            (
                ["create_account", "maria", "--email", "nikos@example.org"],
                "There is an account with the address",
            ),
            (["create_account", "maria"], "--email"),
        ],
    )
    def test_what_cannot_be_is_told_and_not_made(self, arguments, message):
        UserFactory(username="nikos")

        with pytest.raises(CommandError, match=message):
            run(*arguments)

        assert User.objects.count() == 1


class TestIssueToken:
    def test_it_prints_the_token_alone_and_the_token_works(self, client):
        maria = UserFactory(username="maria")

        out, err = run("issue_token", "Maria", "--scopes", "read", "repo:write")

        secret = out.removesuffix("\n")
        answer = client.get(
            "/api/v1/account", headers={"Authorization": f"Bearer {secret}"}
        )
        token = ApiToken.objects.get()
        assert err == ""
        assert (token.digest, token.user) == (digest(secret), maria)
        assert token.expires_at is None
        assert answer.json()["scopes"] == ["read", "repo:write"]

    def test_it_can_be_labelled_and_end(self):
        UserFactory(username="maria")

        run("issue_token", "maria", "--scopes=read", "--label", "CI", "--days", "7")

        token = ApiToken.objects.get()
        assert token.label == "CI"
        assert token.expires_at - token.issued_at == timedelta(days=7)
        assert timezone.now() - token.issued_at < timedelta(hours=1)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nobody", "--scopes", "read"], "Nobody is called “nobody”."),
            (["gone", "--scopes", "read"], "Nobody is called “gone”."),
            (["maria", "--scopes", "write"], "scopes: there is no write"),
            (["maria", "--scopes", "staff"], "is for the staff of this site"),
            (["maria", "--scopes", "read", "--days", "0"], "from 1 to 36500"),
            (["maria", "--scopes", "read", "--days", "99999999999"], "from 1 to 36500"),
            (["maria", "--scopes", "read", "--days", "x"], "invalid int value"),
            (["maria", "--scopes", "read", "--label", " "], "1 to 100 characters"),
            (["maria", "--scopes", "read", "--label", "x" * 101], "1 to 100"),
            (["maria"], "--scopes"),
        ],
    )
    def test_what_cannot_be_is_told_and_not_made(self, arguments, message):
        UserFactory(username="maria")
        UserFactory(username="gone", is_active=False)

        with pytest.raises(CommandError, match=message):
            run("issue_token", *arguments)

        assert not ApiToken.objects.exists()
