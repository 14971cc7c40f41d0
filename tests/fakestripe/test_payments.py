"""Buying, splitting, refunding and disputing, through the real SDK."""

import pytest
import requests
import stripe

from tests.fakestripe.book import PLATFORM
from tests.fakestripe.buying import control, onboarded, paid, priced

PARTS, BACK = (450, 270, 180), (180, 108, 72)


def transfer(client, charge, owner, amount, **options):
    return client.v1.transfers.create(
        {
            "amount": amount,
            "currency": "eur",
            "destination": owner.id,
            "source_transaction": charge.id,
            "transfer_group": "ST-1",
        },
        options,
    )


def held(fake, *owners):
    return [fake.book.held(owner.id, "eur") for owner in owners]


def test_an_owner_who_is_not_onboarded_is_paid_nothing(fake, client, owners):
    charge = paid(fake, client, 1000)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        transfer(client, charge, owners[0], 450)

    assert refused.value.code == "insufficient_capabilities_for_transfer"
    assert held(fake, owners[0]) == [0]


def test_an_owner_finishes_onboarding_on_the_page(fake, client, owners):
    link = client.v1.account_links.create(
        {
            "account": owners[0].id,
            "type": "account_onboarding",
            "refresh_url": "http://shop.test/again",
            "return_url": "http://shop.test/back",
        }
    )
    assert "Finish" in requests.get(link.url, timeout=10).text

    done = requests.post(link.url, timeout=10, allow_redirects=False)

    assert (done.status_code, done.headers["Location"]) == (
        303,
        "http://shop.test/back",
    )
    account = client.v1.accounts.retrieve(owners[0].id)
    assert account.payouts_enabled
    assert account.capabilities.transfers == "active"
    assert fake.book.events[-1]["type"] == "account.updated"


def test_a_key_used_again_gives_the_same_object_and_with_other_words_an_error(
    fake, client, owners
):
    onboarded(fake, owners)
    charge = paid(fake, client, 1000)
    first = transfer(client, charge, owners[0], 450, idempotency_key="ours-1")

    again = transfer(client, charge, owners[0], 450, idempotency_key="ours-1")
    with pytest.raises(stripe.IdempotencyError):
        transfer(client, charge, owners[0], 451, idempotency_key="ours-1")

    assert again.id == first.id
    assert held(fake, owners[0]) == [450]


def test_a_bad_card_leaves_the_session_open_and_a_good_one_closes_it(fake, client):
    session = client.v1.checkout.sessions.create(priced(1000))

    assert control(fake, "pay", session=session.id, is_declined=True)[0] == 402
    tried = client.v1.checkout.sessions.retrieve(session.id)
    intent = client.v1.payment_intents.retrieve(tried.payment_intent)
    assert (tried.status, intent.status) == ("open", "requires_payment_method")
    assert intent.last_payment_error.decline_code == "generic_decline"

    page = requests.post(
        session.url, data={"card": "works"}, timeout=10, allow_redirects=False
    )
    assert page.headers["Location"].endswith(f"done?session={session.id}")
    done = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent"]}
    )
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert done.payment_intent.amount_received == 1000
    assert control(fake, "pay", session=session.id)[0] == 400


def test_three_owners_are_paid_and_pay_back_in_part(fake, client, owners):
    onboarded(fake, owners)
    charge = paid(fake, client, 1000)
    made = [
        transfer(client, charge, owner, part)
        for owner, part in zip(owners, PARTS, strict=True)
    ]
    assert held(fake, *owners) == [450, 270, 180]

    refund = client.v1.refunds.create(
        {"payment_intent": charge.payment_intent, "amount": 400}
    )
    for one, amount in zip(made, BACK, strict=True):
        client.v1.transfers.reversals.create(one.id, {"amount": amount})

    assert refund.status == "succeeded"
    assert held(fake, *owners) == [270, 162, 108]
    assert fake.book.held(PLATFORM, "eur") == 60
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 400
    listed = client.v1.transfers.list({"transfer_group": "ST-1", "limit": 2})
    assert [one.amount_reversed for one in listed.auto_paging_iter()] == [72, 108, 180]
    assert sum(fake.book.held(who, "eur") for who, _ in accounts_of(fake)) == 1000 - 400


def accounts_of(fake):
    return set(fake.book.settled) | set(fake.book.pending)


def test_more_than_the_charge_is_not_passed_on_nor_sent_nor_taken_back(
    fake, client, owners
):
    onboarded(fake, owners)
    charge = paid(fake, client, 1000)
    first = transfer(client, charge, owners[0], 900)
    refusals = {
        "balance_insufficient": lambda: transfer(client, charge, owners[1], 101),
        "transfer_reversed": lambda: client.v1.transfers.reversals.create(
            first.id, {"amount": 901}
        ),
        "charge_already_refunded": lambda: client.v1.refunds.create(
            {"charge": charge.id, "amount": 1001}
        ),
    }

    for code, act in refusals.items():
        with pytest.raises(stripe.InvalidRequestError) as refused:
            act()
        assert refused.value.code == code

    assert held(fake, *owners) == [900, 0, 0]
    assert fake.book.held(PLATFORM, "eur") == 100


def test_without_a_source_only_what_has_settled_is_passed_on(fake, client, owners):
    onboarded(fake, owners)
    paid(fake, client, 1000)
    wanted = {"amount": 500, "currency": "eur", "destination": owners[0].id}
    with pytest.raises(stripe.InvalidRequestError, match="from 1 to 0"):
        client.v1.transfers.create(wanted)

    control(fake, "settle")
    client.v1.transfers.create(wanted)

    ours = client.v1.balance.retrieve()
    theirs = client.v1.balance.retrieve(options={"stripe_account": owners[0].id})
    assert [one.amount for one in ours.available] == [500]
    assert [one.amount for one in theirs.available] == [500]


def test_what_is_disputed_is_not_refunded_until_it_is_won(fake, client):
    charge = paid(fake, client, 1000)
    dispute = control(fake, "dispute", charge=charge.id)[1]
    assert fake.book.held(PLATFORM, "eur") == 0
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"

    control(fake, "decide", dispute=dispute["id"], is_won=True)
    client.v1.refunds.create({"charge": charge.id})

    assert fake.book.held(PLATFORM, "eur") == 0
    assert client.v1.disputes.retrieve(dispute["id"]).status == "won"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute["id"])


def test_a_coupon_for_all_of_it_asks_for_no_payment(fake, client):
    client.v1.coupons.create({"id": "GIFT", "percent_off": 100, "max_redemptions": 1})
    wanted = priced(1000) | {"discounts": [{"coupon": "GIFT"}]}
    session = client.v1.checkout.sessions.create(wanted)

    assert control(fake, "pay", session=session.id)[0] == 200
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(wanted)

    assert refused.value.code == "coupon_expired"
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.payment_status, done.amount_total) == ("no_payment_required", 0)
    assert done.payment_intent is None


def test_a_session_expires_by_the_clock_and_by_us(fake, client):
    late = client.v1.checkout.sessions.create(priced(1000))
    ours = client.v1.checkout.sessions.create(priced(1000))
    client.v1.checkout.sessions.expire(ours.id)
    control(fake, "skip", seconds=2 * 24 * 3600)

    assert control(fake, "pay", session=late.id)[0] == 400
    assert control(fake, "pay", session=ours.id)[0] == 400
    listed = client.v1.checkout.sessions.list({"status": "expired"})
    assert {one.id for one in listed.data} == {late.id, ours.id}


def test_stripes_own_fee_is_kept_of_the_charge(fake, client):
    fake.book.fee_bps = 400
    paid(fake, client, 1000)

    assert fake.book.held(PLATFORM, "eur") == 960
