"""The secret key changes: what was made before goes on for its life, and new is new."""

from http import HTTPStatus
from io import StringIO
from wsgiref.util import setup_testing_defaults

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from licensing.services import private_key
from licensing.services.receipt_keys import ReceiptKeyLost
from marketplace.accounts import services
from marketplace.accounts.models import Letter, Notice, Role
from marketplace.accounts.queries import is_retired
from marketplace.accounts.services.erasing import pseudonymise
from marketplace.accounts.services.sealed_factors import SecondFactorLost
from marketplace.config.env import Environment
from marketplace.config.management.commands import rotate_secret_key
from marketplace.config.secret_keys import kept_keys
from marketplace.hub.xet import READ, Grant, token_for
from marketplace.storage.blobs import Served
from marketplace.storage.files import FileProcess, FileSettings
from marketplace.storage.queries import current_store
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.hub.xet import Cas
from tests.signing_in import signed_in

PASSWORD = "seven-doors-of-Thebes"
OLD, NEW = "the key of before" * 4, "the key of now, of this site" * 2
NOWHERE = "0" * 64


@pytest.fixture
def restarted(settings):
    """Return a function that restarts the site with other keys; it runs with `OLD`."""

    def restart(now, *former):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = now, list(former)
        settings.STOA = Environment(secret_key=now, secret_key_fallbacks=list(former))

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    restart(OLD)
    return restart


class Made:
    """What a site hands out by its key: `lapsed` says what is good no more."""

    def __init__(self, number):
        self.at, name = timezone.now(), f"maria-{number}"
        self.maria = UserFactory(username=name, password=PASSWORD)
        self.organisation = OrganisationFactory(owner=self.maria)
        self.browser, self.known = signed_in(self.maria), Client()
        self.sign_in()
        services.invite_member(
            self.maria,
            organisation=self.organisation,
            address=f"{number}@example.org",
            role=Role.READER,
            at=self.at,
        )
        self.invited = Notice.objects.get(address=f"{number}@example.org").path
        _, _, self.code = services.ask_for_login(
            client_id="cli", program="", asked_from="", scopes=[], asked_at=self.at
        )
        dataset = RepositoryFactory(public=True)
        expires = int(self.at.timestamp()) + 60
        self.xet = token_for(
            self.maria, Grant(dataset.pk, "main", READ), expires=expires
        )
        self.file = current_store().download_url(
            NOWHERE, served=Served("text/csv", "inline"), method="GET", now=self.at
        )

    def sign_in(self):
        self.known.post(
            "/accounts/login/", {"login": self.maria.username, "password": PASSWORD}
        )

    def lapsed(self, settings):
        told = Notice.objects.filter(person=self.maria, kind=Letter.SECURITY)
        before = told.count()
        self.known.cookies.pop("sessionid", None)
        self.sign_in()
        process = FileProcess(
            FileSettings(settings.STOA.data_dir, settings.STOA.secret_keys)
        )
        path, _, query = self.file.removeprefix(settings.STOA.files_url).partition("?")
        asked, answered = {"PATH_INFO": path, "QUERY_STRING": query}, []
        setup_testing_defaults(asked)
        list(process(asked, lambda status, headers: answered.append(int(status[:3]))))
        try:
            is_waited_for = bool(services.find_waiting(self.code, at=self.at))
        except services.NoSuchCode:
            is_waited_for = False
        holds = {
            "session": self.browser.get("/settings").status_code == HTTPStatus.OK,
            "known browser": told.count() == before,
            "invitation": self.browser.get(self.invited).status_code == HTTPStatus.OK,
            "code of a program": is_waited_for,
            "xet": Cas(self.xet).get(f"/v2/reconstructions/{NOWHERE}").status_code
            == HTTPStatus.NOT_FOUND,
            "file": answered == [HTTPStatus.NOT_FOUND],  # past the signature
        }
        return {name for name, it_holds in holds.items() if not it_holds}


@pytest.mark.django_db
def test_what_was_made_before_goes_on_and_what_is_made_now_needs_the_new_key_alone(
    restarted, settings
):
    before = Made(1)
    gone = UserFactory(username="gone")
    pseudonymise(gone, pseudonym="deleted-1", erased_at=NOON)
    assert before.lapsed(settings) == set()

    restarted(NEW, OLD)
    after = Made(2)
    assert before.lapsed(settings) == set()
    assert is_retired("gone")
    restarted(NEW)
    assert after.lapsed(settings) == set()
    restarted(OLD)
    assert len(after.lapsed(settings)) == 6


@pytest.mark.django_db
def test_what_lies_sealed_is_put_under_the_new_key(restarted):
    maria, other = UserFactory(), UserFactory()
    app, codes = TOTP.activate(maria, "JBSWY3DPEHPK3PXP"), RecoveryCodes.activate(other)
    listed, receipts = codes.get_unused_codes(), private_key(at=NOON)

    def opens():
        for factor in (app.instance, codes.instance):
            factor.refresh_from_db()
        assert not app.validate_code("no code")
        assert codes.get_unused_codes() == listed
        assert private_key(at=NOON) == receipts

    def resealed():
        out = StringIO()
        call_command("reseal_secrets", stdout=out)
        return out.getvalue().strip()

    restarted(NEW)
    for act, lost in ((opens, SecondFactorLost), (resealed, CommandError)):
        with pytest.raises(lost, match=r"no more|open under no key"):
            act()
    with pytest.raises(ReceiptKeyLost):
        private_key(at=NOON)
    restarted(NEW, OLD)
    opens()
    assert resealed() == "Sealed anew: 2 second factors, 1 keys for receipts."
    assert resealed() == "Sealed anew: 0 second factors, 0 keys for receipts."
    restarted(NEW)
    opens()


def test_an_operator_rotates_and_forgets_keys(tmp_path, monkeypatch):
    def told(*arguments, **keys):
        site = Environment(data_dir=tmp_path, **{"secret_key": "", **keys})
        monkeypatch.setattr(rotate_secret_key, "environment", site)
        out = StringIO()
        call_command("rotate_secret_key", *arguments, stdout=out)
        return out.getvalue()

    [first] = kept_keys(tmp_path)
    told()
    second, *former = kept_keys(tmp_path)
    assert former == [first]
    told()
    site = Environment(data_dir=tmp_path, secret_key="", secret_key_fallbacks=["older"])
    assert site.secret_keys[1:] == (second, first, "older")
    assert site.resolved_secret_key not in {first, second}
    assert [file.name for file in tmp_path.glob("secret_key*.*")] == [
        "secret_key.former"
    ]
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}

    by_hand = told(secret_key="the operator's own")
    assert "SECRET_KEY_FALLBACKS" in by_hand
    assert "the operator's own" not in by_hand
    assert "Take the former keys out" in told("--forget", secret_key="mine")
    assert len(kept_keys(tmp_path)) == 3
    assert "deleted: 2" in told("--forget")
    assert kept_keys(tmp_path) == site.secret_keys[:1]
