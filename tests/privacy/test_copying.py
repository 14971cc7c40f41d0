"""A copy of what is held on somebody: all of theirs, no secret, nothing of others'."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.test import Client

from marketplace.accounts.services import issue_token, send_notices
from marketplace.privacy import services
from marketplace.privacy.models import Copy
from marketplace.privacy.rooms import copied
from marketplace.storage.queries import open_blob
from tests.catalog.gating import ask, decide, gated
from tests.factories.accounts import NOON, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def opened(copy):
    copy.refresh_from_db()
    with open_blob(copy.blob_id) as file:
        return ZipFile(io.BytesIO(file.read()))


def test_a_copy_holds_what_is_theirs_as_json_and_csv_and_no_secret():
    owner, asker = UserFactory(username="owner-1"), UserFactory(username="asker-1")
    repository = gated()
    ask(asker, repository)
    decide(repository, asker, "ACCEPTED")
    _, secret = issue_token(
        asker, label="=laptop", scopes=["read"], expires_at=None, issued_at=NOON
    )
    copy = services.ask_for_copy(asker, asked_at=NOON)

    assert services.make_copies(at=NOON) == 1
    assert services.make_copies(at=NOON) == 0

    archive = opened(copy)
    told = {name: archive.read(name).decode() for name in archive.namelist()}
    [account] = json.loads(told["account/user.json"])
    assert account["username"] == "asker-1"
    assert "password" not in account
    [request] = json.loads(told["catalog/accessrequest.json"])
    assert request["state"] == "ACCEPTED"
    assert "'=laptop" in told["account/apitoken.csv"]
    whole = "".join(told.values())
    assert secret not in whole
    assert owner.email not in whole
    assert repository.created_by.email not in whole
    assert "Why:" in told["README.txt"]
    assert copy.steps_done == copy.steps == sum(1 for _ in copied())


def test_who_decided_gets_no_answers_of_others():
    repository, asker = gated(), UserFactory()
    ask(asker, repository)
    decide(repository, asker, "ACCEPTED")
    copy = services.ask_for_copy(repository.created_by, asked_at=NOON)
    services.make_copies(at=NOON)

    archive = opened(copy)

    [signed] = json.loads(archive.read("catalog/accessrequest-decided_by.json"))
    assert set(signed) == {"pk", "decided_at", "state"}
    assert "catalog/accessrequest.json" not in archive.namelist()


def test_one_a_day_told_by_mail_fetched_by_an_expiring_address(mailoutbox, settings):
    user = UserFactory()
    browser = Client()
    browser.force_login(user)
    assert browser.get("/settings/data/copy")["Location"] == "/settings/data"

    browser.post("/settings/data")
    assert "0 of" in browser.get("/settings/data").content.decode()
    browser.post("/settings/data")
    [copy] = Copy.objects.all()
    services.make_copies(at=copy.asked_at)
    send_notices(at=copy.asked_at + DAY, base_url="https://stoa.example")

    [letter] = mailoutbox
    assert "https://stoa.example/settings/data" in letter.body
    assert "Fetch it" in browser.get("/settings/data").content.decode()
    answer = browser.get("/settings/data/copy")
    assert answer.status_code == 302
    assert "signature=" in answer["Location"]
    with pytest.raises(services.CopyAskedLately):
        services.ask_for_copy(user, asked_at=copy.asked_at + DAY / 2)
    services.ask_for_copy(user, asked_at=copy.asked_at + DAY)
    assert Copy.objects.get().made_at is None

    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get("/settings/data/copy")["Location"] == "/settings/data"


def test_a_copy_whose_worker_was_lost_is_made_by_another():
    copy = services.ask_for_copy(UserFactory(), asked_at=NOON)
    Copy.objects.update(begun_at=NOON, steps_done=3)

    assert services.make_copies(at=NOON + timedelta(minutes=59)) == 0
    assert services.make_copies(at=NOON + timedelta(minutes=61)) == 1
    assert opened(copy).testzip() is None

    assert services.forget_overdue(at=NOON + 8 * DAY) == 1
    assert not Copy.objects.exists()
