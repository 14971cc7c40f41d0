"""What tests of the fake do over and over, through the SDK."""

import requests


def priced(minor, *, currency="eur", **more):
    """Return the parameters of a session for one thing at a price."""
    return {
        "mode": "payment",
        "success_url": "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": minor,
                    "product_data": {"name": "River levels"},
                },
            }
        ],
        "payment_intent_data": {"transfer_group": "ST-1"},
        **more,
    }


def control(fake, act, **said):
    """Do what payers, banks and Stripe do; return what came of it."""
    answer = requests.post(f"{fake.url}/control/{act}", json=said, timeout=10)
    return answer.status_code, answer.json()


def onboarded(fake, owners):
    for owner in owners:
        assert control(fake, "onboard", account=owner.id)[0] == 200
    return owners


def paid(fake, client, minor, **more):
    """Return the charge of a session that was paid."""
    session = client.v1.checkout.sessions.create(priced(minor, **more))
    assert control(fake, "pay", session=session.id)[0] == 200
    session = client.v1.checkout.sessions.retrieve(session.id)
    intent = client.v1.payment_intents.retrieve(session.payment_intent)
    return client.v1.charges.retrieve(intent.latest_charge)
