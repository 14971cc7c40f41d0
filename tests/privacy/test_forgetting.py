"""What is over its time is forgotten, by the table that everyone can read."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from licensing.models import Acceptance
from marketplace.accounts.models import ApiToken, DeviceGrant, RefreshToken
from marketplace.catalog.models import AccessRequest, Download, Report
from marketplace.privacy.rooms import limits
from marketplace.privacy.services import count_overdue, forget_overdue, forgetting
from tests.accounts.logins import signed_in
from tests.catalog.gating import ask, decide, gated
from tests.factories.accounts import NOON, ApiTokenFactory, UserFactory
from tests.factories.licensing import make_offer, make_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_rows_go_and_columns_are_emptied_when_their_time_is_over(monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 2)
    repository, askers = gated(), UserFactory.create_batch(5)
    for asker in askers:
        ask(asker, repository)
        decide(repository, asker, "ACCEPTED")
        Download.objects.create(
            repository=repository,
            at=NOON,
            bucket=NOON,
            taker="x",
            user=asker,
            path="a",
            sha256="0" * 64,
            is_counted=True,
        )
    AccessRequest.objects.update(answers={"Why?": "To learn"})
    order = make_order(make_offer())
    placed = Acceptance.objects.get(user=order.buyer)

    assert forget_overdue(at=NOON + 179 * DAY) == 0
    forget_overdue(at=NOON + 366 * DAY)
    assert not Download.objects.exists()
    assert AccessRequest.objects.filter(answers={}).count() == 0
    forget_overdue(at=NOON + 732 * DAY)

    assert AccessRequest.objects.filter(answers={}).count() == 5
    placed.refresh_from_db()
    assert (placed.ip_address, placed.user_agent) == (None, "")
    assert forget_overdue(at=NOON + 732 * DAY) == 0


def test_a_report_of_somebody_without_an_account_forgets_who_they_were():
    report = Report.objects.create(
        repository=gated(),
        name="Itys",
        email="itys@example.org",
        ground="OTHER",
        statement="It is odd.",
        filed_at=NOON,
        state="DISMISSED",
        decision="It is not.",
        decided_at=NOON,
    )

    forget_overdue(at=NOON + 366 * DAY)

    report.refresh_from_db()
    assert (report.name, report.email) == ("", "somebody@erased.invalid")
    assert report.statement == "It is odd."


def test_old_tokens_go_and_a_login_that_is_used_stays():
    signed_in(UserFactory())
    grant = DeviceGrant.objects.get()
    ApiToken.objects.update(expires_at=NOON + DAY)
    old = ApiTokenFactory(revoked_at=NOON)

    forget_overdue(at=NOON + 100 * DAY)

    assert not ApiToken.objects.filter(pk=old.pk).exists()
    assert RefreshToken.objects.filter(grant=grant).exists()
    assert DeviceGrant.objects.get(pk=grant.pk).asked_from == grant.asked_from
    forget_overdue(at=NOON + 200 * DAY)
    assert DeviceGrant.objects.get(pk=grant.pk).asked_from == ""


def test_a_dry_run_counts_and_changes_nothing(settings):
    ApiTokenFactory(revoked_at=timezone.now() - 91 * DAY)
    said = StringIO()

    call_command("retention", "--dry-run", stdout=said)

    assert "1  accounts.ApiToken, deleted: a token: 90 days after" in said.getvalue()
    assert ApiToken.objects.exists()
    assert [count for _, count in count_overdue(at=timezone.now()) if count] == [1]
    call_command("retention", stdout=said)
    assert not ApiToken.objects.exists()


def test_the_page_says_every_limit(client):
    page = client.get("/privacy").content.decode()

    for lasts in limits():
        assert lasts.said[1:].replace("'", "&#x27;") in page
