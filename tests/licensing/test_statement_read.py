"""A worker reads the processor's statement; requests compare what it kept."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from licensing import services
from licensing.models import ProcessorStatement
from licensing.models.statements import PATIENCE
from licensing.reconciliation import Finding, compare, kept_statement, statement_in
from licensing.reconciliation.statement import read_newest
from licensing.tasks import read_statement_of_now
from tests.factories.accounts import UserFactory
from tests.fakestripe import refunds
from tests.licensing.cards import (
    DAY,
    SECRET,
    begin,
    hear,
    order_now,
    paid_by_card,
    pay_at,
    processor_at,
)
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

PAGE = "/operator/reconciliation"
API = "/api/v1/reconciliation"
QUERIES = 12  # the eight without keys; the kept statement, its ledger lines and names


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


@pytest.fixture
def processor(fake):
    return processor_at(fake)


@pytest.fixture
def with_keys(settings, fake):
    settings.STOA = settings.STOA.model_copy(
        update={
            "stripe_secret_key": "sk_test_1",
            "stripe_webhook_secret": SECRET,
            "stripe_api_base": fake.url,
        }
    )


def kept():
    """Return the report of a day on what is kept."""
    return compare(statement_in(kept_statement()), since=timezone.now() - DAY)


def by_hand(fake, order):
    charge = order.checkouts.get().charge
    return refunds.create(fake.book, {"charge": charge, "amount": 1_00})["id"]


def test_requests_ask_a_worker_and_compare_what_it_read(
    staff, browser, with_keys, fake, processor
):
    desk = browser(staff)
    order = paid_by_card(fake, processor)
    page = read(desk.get(PAGE))
    for words in ("statement is not compared.", "It was not read yet.", "Ask now"):
        assert words in page

    for _ in range(2):
        assert desk.post(f"{PAGE}/statement").status_code == 302
    assert ProcessorStatement.objects.get().read_at is None
    page = read(desk.get(PAGE))
    assert "It is being read." in page
    assert "Ask again" not in page

    read_statement_of_now()
    odd = by_hand(fake, order)
    fake.is_down = True
    page = read(desk.get(PAGE))
    assert "As of" in page
    assert "Ask again" in page
    assert "Everything agrees: 1 movement" in page
    assert "Stripe says" in page

    fake.is_down = False
    read_statement_of_now()
    page = read(desk.get(PAGE))
    assert str(Finding.NOT_BOOKED.label) in page
    assert odd in b"".join(desk.get(f"{PAGE}.csv").streaming_content).decode()


def test_what_moved_after_the_statement_was_read_waits_for_the_next(fake, processor):
    services.keep_statement(processor=processor, at=timezone.now())

    paid_by_card(fake, processor)

    assert (kept().rows, kept().held) == ([], [])


def test_what_was_booked_after_the_statement_told_of_it_agrees(fake, processor):
    pay_at(fake, begin(order_now(), processor))
    services.keep_statement(processor=processor, at=timezone.now())
    assert [row.finding for row in kept().rows] == [Finding.NOT_BOOKED]

    hear(fake, processor)

    [row] = kept().rows
    assert (row.finding, row.ledger_minor) == (Finding.AGREES, 100_00)


def test_a_fault_is_told_with_what_to_do_and_what_was_read_before_stays(
    staff, browser, with_keys, fake, processor
):
    paid_by_card(fake, processor)
    services.keep_statement(processor=processor, at=timezone.now())
    before = ProcessorStatement.objects.get()
    fake.is_down = True

    services.keep_statement(processor=processor, at=timezone.now())

    row = ProcessorStatement.objects.get()
    assert row.fault
    assert (row.read_at, row.movements) == (before.read_at, before.movements)
    page = read(browser(staff).get(PAGE))
    for words in (
        *("It could not be read.", row.fault, "the doctor’s page", "Ask again"),
        "Everything agrees: 1 movement",
    ):
        assert words in page


def test_what_nobody_reads_is_told_and_can_be_asked_for_again(
    staff, browser, with_keys
):
    services.ask_for_statement(staff, at=timezone.now() - PATIENCE)

    assert "no worker has read it" in read(browser(staff).get(PAGE))
    assert services.ask_for_statement(staff, at=timezone.now())[1]
    assert not services.ask_for_statement(staff, at=timezone.now())[1]


def test_of_too_much_the_newest_is_read_and_compared_from_then_on(
    staff, browser, with_keys, fake, processor
):
    for _ in range(3):
        paid_by_card(fake, processor)
    now = timezone.now()
    moved = fake.book.all_of("balance_transaction")
    for days, one in zip((10, 20, 30), moved, strict=True):
        one["created"] = int((now - days * DAY).timestamp())

    said = read_newest(processor, since=now - 92 * DAY, most=2, at=now)

    assert [round((now - one.at) / DAY) for one in said.movements] == [10, 20]
    assert round((now - said.since) / DAY) == 19
    moved[0]["created"] = moved[1]["created"] = int((now - 0.5 * DAY).timestamp())
    near = read_newest(processor, since=now - 92 * DAY, most=2, at=now)
    assert round((now - near.since) / timedelta(hours=1)) == 6
    services.keep_statement(processor=processor, at=now)
    ProcessorStatement.objects.update(since=now - 19 * DAY)
    assert "It reaches back to" in read(browser(staff).get(PAGE))
    assert "It reaches back to" not in read(browser(staff).get(f"{PAGE}?days=7"))


def test_programs_ask_for_a_statement_and_without_keys_there_is_none(
    staff, api, settings, with_keys, processor
):
    client = api(staff)
    assert client.get(API).json()["statement"]["asked_at"] is None
    asked = client.post(f"{API}/statement")
    assert (asked.status_code, asked.json()["is_being_read"]) == (202, True)
    services.keep_statement(processor=processor, at=timezone.now())
    told = client.get(API).json()
    assert (told["fault"], told["cut_at"]) == ("", None)
    assert told["statement"]["read_at"] >= told["statement"]["since"]
    assert told["statement"]["advice"] == ""

    settings.STOA = settings.STOA.model_copy(update={"stripe_secret_key": ""})
    refused = client.post(f"{API}/statement")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_processor")
    assert client.get(API).json()["statement"] is None
    with pytest.raises(PermissionDenied):
        services.ask_for_statement(UserFactory(), at=timezone.now())


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_compare_a_kept_statement_however_much_moved(
    count, fake, processor, django_assert_num_queries
):
    for _ in range(count):
        paid_by_card(fake, processor)
    services.keep_statement(processor=processor, at=timezone.now())

    with django_assert_num_queries(QUERIES):
        assert len(kept().rows) == count
