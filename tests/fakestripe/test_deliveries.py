"""Events arrive signed, twice, in any order, late or never; who listens must bear it."""

import json
from collections import Counter
from contextlib import contextmanager
from threading import Thread

import pytest
import stripe
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.fakestripe.buying import control, onboarded, paid
from tests.fakestripe.deliveries import Endpoint, adverse, send, signed
from tests.fakestripe.server import POLL_SECONDS

SECRET = "whsec_ours"


@contextmanager
def listening():
    """Run an endpoint that handles each event once, as the SDK says it is to be read."""
    arrived, handled = [], {}

    def answer(environ, start):
        request = Request(environ)
        payload, told = request.get_data(), request.headers["Stripe-Signature"]
        try:
            event = stripe.Webhook.construct_event(payload, told, SECRET)
        except stripe.SignatureVerificationError:
            return Response(status=400)(environ, start)
        arrived.append(event.id)
        handled.setdefault(event.id, event.type)
        return Response(status=200)(environ, start)

    server = make_server("127.0.0.1", 0, answer)
    thread = Thread(target=server.serve_forever, args=[POLL_SECONDS], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", arrived, handled
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def busy(fake, client, owners):
    """Return a fake in which eighteen things happened."""
    onboarded(fake, owners)
    charge = paid(fake, client, 1000)
    for owner in owners:
        made = client.v1.transfers.create(
            {
                "amount": 300,
                "currency": "eur",
                "destination": owner.id,
                "source_transaction": charge.id,
            }
        )
        client.v1.transfers.reversals.create(made.id, {"amount": 100})
    client.v1.refunds.create({"charge": charge.id, "amount": 300})
    dispute = control(fake, "dispute", charge=charge.id)[1]
    control(fake, "decide", dispute=dispute["id"], is_won=False)
    client.v1.refunds.list()
    control(fake, "restrict", account=owners[0].id)
    assert len(fake.book.events) == 18
    return fake


def test_of_thirty_six_deliveries_of_eighteen_events_each_is_handled_once(busy):
    with listening() as (url, arrived, handled):
        statuses = busy.deliver(Endpoint(url, SECRET), seed=1)

    assert statuses == [200] * 36
    assert Counter(arrived) == {event["id"]: 2 for event in busy.book.events}
    assert handled == {event["id"]: event["type"] for event in busy.book.events}
    assert arrived != sorted(arrived)


def test_lost_ones_arrive_in_the_end(busy):
    arriving = adverse(busy.book.events, seed=2, copies=3, lost=0.5)

    assert len(arriving) < 3 * 18
    assert {event["id"] for event in arriving} == {e["id"] for e in busy.book.events}


def test_another_secret_and_an_old_signature_are_refused(busy):
    event = busy.book.events[0]
    with listening() as (url, arrived, _):
        assert send(Endpoint(url, "whsec_theirs"), event, at=busy.clock.now()) == 400
    payload, headers = signed(event, secret=SECRET, at=busy.clock.now() - 3600)

    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], SECRET)
    assert arrived == []


def test_an_event_tells_of_things_as_they_were_then(busy, client):
    [first] = [one for one in busy.book.events if one["type"] == "charge.succeeded"]
    retrieved = client.v1.events.retrieve(first["id"])

    assert json.loads(str(retrieved.data.object))["amount_refunded"] == 0
    assert [one.type for one in client.v1.events.list({"type": "charge.refunded"})] == [
        "charge.refunded"
    ]


def test_where_nobody_listens_a_delivery_fails_and_nothing_else(busy):
    nowhere = Endpoint("http://127.0.0.1:9/", SECRET)

    assert send(nowhere, busy.book.events[0], at=busy.clock.now()) == 0
