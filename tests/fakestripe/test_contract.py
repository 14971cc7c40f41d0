"""What is sent and what is answered is held to the SDK's own types."""

import pytest
import stripe

from tests.fakestripe.buying import priced
from tests.fakestripe.contract import Undeclared, require_declared

SENT_WRONGLY = {
    "unknown": ({"modee": "payment"}, "modee"),
    "misspelt within": (
        {"line_items": [{"price_data": {"curency": "eur"}}]},
        "line_items[0][price_data]",
    ),
    "missing within": (
        {"line_items": [{"price_data": {"unit_amount": 1}}]},
        "line_items[0][price_data][currency]",
    ),
    "no number": ({"line_items": [{"quantity": "two"}]}, "line_items[0][quantity]"),
    "no value of it": ({"mode": "pay"}, "mode"),
    "no option of ours": ({"stripe_account": "acct_1"}, "stripe_account"),
}


@pytest.mark.parametrize(("params", "named"), SENT_WRONGLY.values(), ids=SENT_WRONGLY)
def test_what_the_sdk_does_not_declare_is_refused_by_name(client, params, named):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(priced(1000) | params)

    assert refused.value.http_status == 400
    assert refused.value.param.startswith(named)


def test_what_must_be_there_is_asked_for(client):
    with pytest.raises(stripe.InvalidRequestError, match="currency") as refused:
        client.v1.transfers.create({"destination": "acct_1", "amount": 1})

    assert refused.value.code == "parameter_missing"


@pytest.mark.parametrize(
    "answer",
    [
        {"object": "charge", "id": "ch_1", "charges": []},
        {"object": "checkout.session", "total_details": {"amount_fee": 1}},
        {"object": "list", "data": [{"object": "refund", "amonut": 1}]},
        {"object": "no_such_thing"},
    ],
    ids=["its own key", "a key within", "in a list", "an object"],
)
def test_the_fake_cannot_answer_with_what_the_sdk_does_not_declare(answer):
    with pytest.raises(Undeclared):
        require_declared(answer)


def test_what_it_does_not_cover_is_said_and_not_feigned(client):
    with pytest.raises(stripe.InvalidRequestError, match="mode=payment") as refused:
        client.v1.checkout.sessions.create(priced(1000) | {"mode": "setup"})

    assert refused.value.code == "not_covered"


def test_a_request_without_a_key_is_not_let_in(fake):
    stranger = stripe.StripeClient("sk_live_1", base_addresses={"api": fake.url})

    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()
