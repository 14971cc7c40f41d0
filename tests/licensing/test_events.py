"""What Stripe tells: believed if signed, kept once, and the same in any order."""

import copy
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from licensing.inbox import look_into_due, take_in
from licensing.models import (
    Checkout,
    Entitlement,
    Entry,
    Inbox,
    Invoice,
    LedgerLine,
    Order,
    Payment,
    Refund,
)
from licensing.queries import faults_of_books, ledger_balances
from marketplace.kit.models import AuditRecord
from tests.fakestripe import refunds
from tests.fakestripe.deliveries import signed
from tests.licensing.cards import (
    SECRET,
    begin,
    hear,
    hear_the_rest,
    order_now,
    pay_at,
    processor_at,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_checked")]
ADDRESS = "/payments/stripe"
MINUTES_OFF = {"too old": -6, "too far ahead": 6}


@pytest.fixture
def processor(fake):
    return processor_at(fake)


@pytest.fixture
def taking_events(fake, settings):
    settings.STOA = settings.STOA.model_copy(
        update={
            "stripe_secret_key": "sk_test_1",
            "stripe_webhook_secret": SECRET,
            "stripe_api_base": fake.url,
        }
    )


@pytest.fixture
def event(fake, processor):
    pay_at(fake, begin(order_now(), processor))
    return fake.book.events[-1]


def send(event, *, secret=SECRET, minutes=0):
    at = timezone.now() + timedelta(minutes=minutes)
    body, headers = signed(event, secret=secret, at=at.timestamp())
    return Client(enforce_csrf_checks=True).post(
        ADDRESS,
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": headers["Stripe-Signature"]},
    )


def test_an_event_is_kept_once_and_only_its_first_copy_is_looked_into(
    taking_events, event, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as queued:
        answers = [send(event) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    kept = Inbox.objects.get()
    assert (kept.external_id, kept.about) == (event["id"], "checkout.session")
    assert len(queued) == 1
    assert not Payment.objects.exists()


def test_what_stripe_did_not_sign_just_now_is_refused(taking_events, event):
    body, headers = signed(event, secret=SECRET, at=timezone.now().timestamp())
    unsigned = Client().post(ADDRESS, data=body, content_type="application/json")
    altered = Client().post(
        ADDRESS,
        data=body.replace("cs_test", "cs_live"),
        content_type="application/json",
        headers={"Stripe-Signature": headers["Stripe-Signature"]},
    )
    off = [send(event, minutes=minutes) for minutes in MINUTES_OFF.values()]
    theirs = send(event, secret="whsec_of_others")
    no_event = send({"object": "list", "data": []})
    large = send(event | {"pad": "x" * 300_000})

    refused = [unsigned, altered, *off, theirs, no_event]
    assert [answer.status_code for answer in refused] == [400] * 6
    assert large.status_code == 413
    assert send(event, minutes=4).status_code == 200
    assert Inbox.objects.count() == 1


def test_without_a_key_no_event_is_taken(event):
    assert send(event).status_code == 400
    assert not Inbox.objects.exists()


def test_of_an_event_only_its_subject_is_believed(fake, processor):
    order = order_now()
    pay_at(fake, begin(order, processor))
    told = json.loads(json.dumps(fake.book.events[-1]))
    told["data"]["object"] |= {"amount_total": 1, "payment_status": "unpaid"}

    hear(fake, processor, [told])

    order.refresh_from_db()
    assert (order.state, order.paid_minor) == ("FULFILLED", 100_00)


def test_events_of_others_who_share_the_account_are_nothing_to_us(fake, processor):
    page = begin(order_now(), processor)
    fake.book.find("checkout.session", page.external_id)["client_reference_id"] = "x"
    Checkout.objects.all().delete()
    pay_at(fake, page)

    hear(fake, processor)

    assert Inbox.objects.filter(handled_at__isnull=True).count() == 0
    assert not Payment.objects.exists()


def test_an_event_about_what_does_not_answer_is_looked_into_again(fake, processor):
    order = order_now()
    pay_at(fake, begin(order, processor))
    fake.is_down = True
    hear(fake, processor)
    assert not Inbox.objects.filter(handled_at__isnull=False).exists()
    assert "Stripe" in Inbox.objects.first().fault

    fake.is_down = False
    hear_the_rest(processor)

    order.refresh_from_db()
    assert order.state == "FULFILLED"
    assert not Inbox.objects.filter(handled_at__isnull=True).exists()


def act(fake, page):
    """Do what payers, banks and the shop's owner at Stripe do, one after the other."""
    yield lambda: pay_at(fake, page)
    charge = fake.book.all_of("charge")[0]["id"]
    yield lambda: refunds.dispute(fake.book, charge)
    dispute = fake.book.all_of("dispute")[0]["id"]
    yield lambda: refunds.decide(fake.book, dispute, is_won=True)
    yield lambda: refunds.create(fake.book, {"charge": charge, "amount": 40_00})


def where_all_stands(order):
    order.refresh_from_db()
    return {
        "order": (order.state, order.paid_minor),
        "payments": list(Payment.objects.values_list("reference", "amount_minor")),
        "refunds": list(Refund.objects.values_list("amount_minor", "reference")),
        "granted": list(Entitlement.objects.values_list("suspended_at", "revoked_at")),
        "balances": {one.account: one.minor for one in ledger_balances() if one.minor},
        "entries": sorted(Entry.objects.values_list("kind", flat=True)),
        "disputes": list(order.disputes.values_list("state", "amount_minor")),
        "faults": [fault.words for fault in faults_of_books()],
    }


def test_invariant_15_any_order_and_multiplicity_of_events_ends_in_one_state(
    fake, processor
):
    """Whatever arrives between the steps, how often, and what only much later."""
    order = order_now()
    page = begin(order, processor)
    fake.book.fee_bps = 290
    before, ends = copy.deepcopy(fake.book), []

    @settings(
        max_examples=5,
        deadline=None,
        phases=[Phase.generate],  # shrinking takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def in_some_order(data):
        fake.book = copy.deepcopy(before)
        with transaction.atomic():
            for step in act(fake, page):
                step()
                hear(fake, processor, some_of(data, fake.book.events))
            last = data.draw(st.permutations(fake.book.events))
            hear(fake, processor, last)
            hear_the_rest(processor)
            ends.append(where_all_stands(order))
            transaction.set_rollback(True)

    in_some_order()

    first, *others = ends
    assert others == [first] * len(others)
    assert first["order"] == ("PARTLY_REFUNDED", 100_00)
    assert first["disputes"] == [("WON", 100_00)]
    assert first["faults"] == []
    assert first["granted"] == [(None, None)]
    assert [minor for _, minor in first["payments"]] == [100_00]
    assert [minor for minor, _ in first["refunds"]] == [40_00]
    assert first["balances"]["cash:stripe"] == 100_00 - 2_90 - 40_00
    assert sum(first["balances"].values()) == 0
    assert not LedgerLine.objects.exists()  # each began where the others did


def some_of(data, events):
    return data.draw(st.lists(st.sampled_from(events), max_size=4))


def test_what_came_together_is_settled_together_and_one_bad_harms_no_other(
    fake, processor
):
    orders = [order_now() for _ in range(4)]
    pages = [begin(order, processor) for order in orders]
    for page in pages:
        pay_at(fake, page)
    page = fake.book.find("checkout.session", pages[1].external_id)
    bad = fake.book.find("payment_intent", page["payment_intent"])
    now = timezone.now()
    for event in fake.book.events:
        body, headers = signed(event, secret=SECRET, at=now.timestamp())
        told = processor.told(body.encode(), headers["Stripe-Signature"])
        take_in(told, at=now - timedelta(hours=1))

    bad["currency"] = "usd"
    look_into_due(processor=processor, at=now)
    states = [Order.objects.get(pk=order.pk).state for order in orders]
    waiting = Inbox.objects.filter(handled_at__isnull=True)
    about_bad = {(event.attempts, "USD came in" in event.fault) for event in waiting}
    bad["currency"] = "eur"
    hear_the_rest(processor)

    assert states == ["FULFILLED", "AWAITING_PAYMENT", "FULFILLED", "FULFILLED"]
    assert about_bad == {(1, True)}
    assert not waiting.all().exists()
    assert (
        Order.objects.filter(state="FULFILLED").count() == Invoice.objects.count() == 4
    )
    assert AuditRecord.objects.filter(act="settle_checkout").count() == 4
    assert list(faults_of_books()) == []


def test_an_event_that_cannot_be_understood_keeps_no_other_waiting(fake, processor):
    order = order_now()
    pay_at(fake, begin(order, processor))
    refunds.dispute(fake.book, fake.book.all_of("charge")[0]["id"])
    del fake.book.all_of("dispute")[0]["balance_transactions"][0]["currency"]
    first, *_, last = fake.book.events
    now = timezone.now()
    for minutes, event in (
        (-9, last),
        (-8, first),
    ):  # the sweep has the worse one first
        body, headers = signed(event, secret=SECRET, at=now.timestamp())
        told = processor.told(body.encode(), headers["Stripe-Signature"])
        take_in(told, at=now + timedelta(minutes=minutes))

    tried = []
    for minute in range(30):
        try:
            look_into_due(processor=processor, at=now + timedelta(minutes=minute))
        except KeyError:
            tried.append(minute)

    order.refresh_from_db()
    assert order.state == "FULFILLED"
    assert tried == [0, 1, 3, 7, 15]
