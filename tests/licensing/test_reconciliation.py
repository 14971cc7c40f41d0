"""Operators see where provider, ledger and orders disagree, and what to do about it."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from licensing import ledger, services
from licensing.ledger import Leg
from licensing.models import EntryKind, Inbox, Payment, PaymentProvider, Topic
from licensing.reconciliation import Finding, report
from licensing.sending import send_due
from licensing.services.outbox import write_out
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_order
from tests.fakestripe import refunds
from tests.licensing.cards import HOUR, paid_by_card, processor_at
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

PAGE = "/operator/reconciliation"
QUERIES = 8  # four of the bank, one each of orders, refused, stuck, what is held
EURO = "€\N{NO-BREAK SPACE}"


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


def bought(staff, *, reference="RF 1"):
    """Return an order of 100.00 that was paid by bank transfer a moment ago."""
    now = timezone.now()
    order = make_order(placed_at=now - HOUR)
    return services.confirm_transfer(
        staff,
        order=order,
        bank_reference=reference,
        amount_minor=100_00,
        received_on=now.date(),
        confirmed_at=now,
    )


def refund(staff, order):
    return services.refund(
        staff,
        order=order,
        amount_minor=10_00,
        reason="Late",
        revokes=False,
        key=order.number,
        at=timezone.now(),
    )


def week(processor=None):
    since = timezone.now() - timedelta(days=7)
    return report(processor=processor, since=since)


def differing(told):
    return {
        (row.finding, row.source, row.provider_minor, row.ledger_minor)
        for row in told.differing
    }


def test_without_keys_the_bank_as_confirmed_is_compared_with_ledger_and_orders(
    staff, browser, api
):
    desk, client = browser(staff), api(staff)
    assert "No money has moved" in read(desk.get(PAGE))
    order = bought(staff)
    assert "Everything agrees: 1 movement" in read(desk.get(PAGE))
    made = refund(staff, order)
    other = make_order()
    Payment.objects.create(
        order=other,
        provider=PaymentProvider.MANUAL,
        reference="=RF 2",
        amount_minor=7,
        received_on=timezone.now().date(),
        confirmed_by=staff,
        confirmed_at=timezone.now(),
    )
    stray = [
        Leg(ledger.account(ledger.CASH_BANK), "EUR", 5),
        Leg(ledger.account(ledger.OVERPAID), "EUR", -5),
    ]
    ledger.post(
        key="transfer:STRAY",
        kind=EntryKind.PART_PAYMENT,
        legs=stray,
        occurred_at=timezone.now(),
        order=order,
    )

    assert differing(week()) == {
        (Finding.UNCONFIRMED, f"refund:{order.number}", None, -10_00),
        (Finding.UNCONFIRMED, "STRAY", None, 5),
        (Finding.NOT_BOOKED, "=RF 2", 7, None),
        (Finding.ORDER, order.number, None, None),
    }
    page = read(desk.get(PAGE))
    for words in (
        *(
            "Send the transfer at your bank",
            "ledger_check",
            f"/operator/refunds/{made.pk}",
        ),
        *(
            f"−{EURO}10.00",
            f"{EURO}90.05",
            "It was paid 10000 and books 10005 EUR, and",
        ),
    ):
        assert words in page
    assert f"{EURO}100.00" not in page
    assert f"{EURO}100.00" in read(desk.get(f"{PAGE}?show=all&days=7"))
    services.confirm_refund(staff, refund=made, reference="OUT 1", at=timezone.now())
    told = client.get("/api/v1/reconciliation?show=all&limit=2").json()
    assert (told["compared"], told["differing"], told["fault"]) == (5, 3, "")
    assert told["held"] == [
        {
            "place": "Bank transfer",
            "currency": "EUR",
            "ledger_minor": 90_05,
            "provider_minor": None,
        }
    ]
    rest = client.get(told["next"]).json()
    assert len(told["results"] + client.get(rest["next"]).json()["results"]) == 3
    text = b"".join(desk.get(f"{PAGE}.csv").streaming_content).decode()
    rows = {row["source"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {"STRAY", "'=RF 2", order.number}
    assert rows["STRAY"]["advice"].startswith("Send the transfer")
    for wrong in ("days=0", "days=93", "days=x", "cursor=-1", "cursor=x", "limit=0"):
        assert client.get(f"/api/v1/reconciliation?{wrong}").status_code == 400


def test_a_processors_statement_is_compared_and_what_it_refused_is_told(staff, fake):
    processor = processor_at(fake)
    order = paid_by_card(fake, processor)
    assert week(processor).differing == []
    charge = order.checkouts.get().charge
    by_hand = refunds.create(fake.book, {"charge": charge, "amount": 1_00})
    refund(staff, order)
    owner = order.lines.get().share_set.shares.get().party_id
    to_them = {"party": str(owner)}
    refused = write_out(
        Topic.TRANSFER, key="p1", payload=to_them, at=timezone.now(), order=order
    )
    refused.refused_at, refused.fault = timezone.now(), "No such account."
    refused.save()
    Inbox.objects.create(
        source=PaymentProvider.STRIPE,
        external_id="evt_1",
        kind="charge.odd",
        about="charge",
        about_id="ch_1",
        received_at=timezone.now(),
        due_at=timezone.now(),
        fault="It is of no order.",
    )

    assert differing(week(processor)) == {
        (Finding.NOT_BOOKED, by_hand["id"], -1_00, None),
        (Finding.NOT_THERE, f"refund:{order.number}", None, -10_00),
        (Finding.REFUSED, "TRANSFER p1", None, None),
        (Finding.STUCK, "charge.odd evt_1", None, None),
    }
    send_due(processor=processor, at=timezone.now())
    assert Finding.NOT_THERE not in {row.finding for row in week(processor).differing}
    fake.is_down = True
    assert week(processor).fault
    assert (Finding.REFUSED, "TRANSFER p1", None, None) in differing(week(processor))


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_compare_however_much_moved(
    count, staff, django_assert_num_queries
):
    for number in range(count):
        refund(staff, bought(staff, reference=f"RF {number}"))

    with django_assert_num_queries(QUERIES):
        assert len(week().differing) == count
