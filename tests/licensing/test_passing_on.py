"""Owners are paid by the processor after the hold, and give back what is refunded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from licensing import services
from licensing.models import Entry, Outbox, Payee, Payout, Topic
from licensing.queries import payouts_due
from licensing.sending import send_due
from tests.factories.accounts import UserFactory
from tests.factories.licensing import pay
from tests.fakestripe import accounts, refunds
from tests.fakestripe.book import PLATFORM
from tests.licensing.cards import (
    BACK,
    HOUR,
    balances,
    begin,
    books,
    differing,
    hear,
    in_vain,
    onboard,
    order_now,
    owed,
    owned_by,
    paid_by_card,
    pass_on,
    pay_at,
    people,
    processor_at,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_checked")]
CASH = "cash:stripe"
DAY = timedelta(days=1)


@pytest.fixture
def processor(fake):
    return processor_at(fake)


@pytest.fixture
def owners():
    return people(3)


@pytest.fixture
def order(fake, processor, owners):
    """Ten euros, paid by card, of which a tenth is the platform's: 450, 270, 180."""
    parts = dict(zip(owners, (5000, 3000, 2000), strict=True))
    offer = owned_by(parts, price_minor=10_00)
    return paid_by_card(fake, processor, order_now(offer, fee_bps=1000))


def refund(order, minor=None, *, at=None):
    return services.refund(
        UserFactory(is_staff=True),
        order=order,
        amount_minor=minor,
        reason="It was not what it said.",
        revokes=minor is None,
        key=f"r{Outbox.objects.count()}",
        at=at or timezone.now(),
    )


def there(fake, names):
    return [fake.book.held(name, "eur") for name in names]


def agree(processor):
    """Say where the ledger and the processor's own statement differ."""
    assert balances(processor) == {"EUR": (books(CASH)[0], books(CASH)[0])}
    return differing(processor)


def test_three_owners_are_paid_and_pay_back_what_is_refunded(
    fake, processor, owners, order
):
    names = [onboard(fake, owner) for owner in owners]
    assert pass_on(processor, after=HOUR) == []

    assert len(pass_on(processor)) == 3
    assert pass_on(processor) == []
    assert there(fake, names) == [4_50, 2_70, 1_80]
    assert [owed(owner) for owner in owners] == [0, 0, 0]
    sent = fake.book.all_of("transfer")
    assert {one["transfer_group"] for one in sent} == {order.number}
    assert {one["source_transaction"] for one in sent} == {order.checkouts.get().charge}

    refund(order, 4_00)
    assert [owed(owner) for owner in owners] == [-1_80, -1_08, -72]
    send_due(processor=processor, at=timezone.now() + HOUR)

    reversed_ = [one["amount_reversed"] for one in sent]
    assert sorted(reversed_) == [72, 1_08, 1_80]
    assert there(fake, names) == [2_70, 1_62, 1_08]
    assert [owed(owner) for owner in owners] == [0, 0, 0]
    assert books(CASH, "revenue:platform_fee") == [60, -60]
    assert fake.book.held(PLATFORM, "eur") == 60
    assert agree(processor) == []

    refund(order)
    send_due(processor=processor, at=timezone.now() + HOUR)
    assert there(fake, [*names, PLATFORM]) == [0, 0, 0, 0]
    assert books(CASH, "revenue:platform_fee") == [0, 0]
    assert agree(processor) == []


def test_who_is_not_payable_yet_is_paid_once_they_are(fake, processor, owners, order):
    first = onboard(fake, owners[0])
    party = services.party_of_user(owners[1])
    services.begin_onboarding(
        owners[1],
        party=party,
        processor=processor,
        list_url=BACK,
        begun_at=timezone.now(),
    )
    assert [payout.amount_minor for payout in pass_on(processor)] == [4_50]
    assert owed(owners[1]) == 2_70

    second = Payee.objects.get(party=party)
    assert (second.is_payable, second.has_told_all) == (False, False)
    accounts.onboard(fake.book, second.account)
    hear(fake, processor)

    assert [payout.amount_minor for payout in pass_on(processor)] == [2_70]
    assert there(fake, [first, second.account]) == [4_50, 2_70]
    assert owed(owners[2]) == 1_80


def test_a_transfer_that_is_refused_is_owed_again_and_tried_again(
    fake, processor, owners, order
):
    name = onboard(fake, owners[0])
    accounts.restrict(fake.book, name)  # and we have not heard of it

    [failed] = pass_on(processor)

    failed.refresh_from_db()
    assert "capability" in failed.failed_because
    assert owed(owners[0]) == 4_50
    assert [row.source for row in in_vain()] == [f"TRANSFER transfer:{failed.pk}"]
    accounts.onboard(fake.book, name)
    assert pass_on(processor) == []
    pass_on(processor, after=timedelta(days=32))
    assert there(fake, [name]) == [4_50]
    assert owed(owners[0]) == 0
    assert in_vain() == []


def test_each_step_whose_answer_got_lost_is_done_once(fake, processor, owners, order):
    names = [onboard(fake, owner) for owner in owners]
    at = timezone.now() + timedelta(days=30)
    wait = timedelta(days=7)
    assert services.pass_on_due(at=at, hold=wait, minimums={"EUR": 4_51}) == []
    services.pass_on_due(at=at, hold=wait, minimums={})

    def lose_each_answer():
        nonlocal at
        while Outbox.objects.filter(sent_at=None, refused_at=None).exists():
            fake.answers_lost = 1
            send_due(processor=processor, at=at)
            fake.answers_lost = 0
            fake.remembered.clear()  # as Stripe forgets keys
            at += 24 * HOUR
            send_due(processor=processor, at=at)
            at += HOUR

    lose_each_answer()
    assert there(fake, names) == [4_50, 2_70, 1_80]
    refund(order, 4_00, at=at)
    lose_each_answer()

    assert there(fake, names) == [2_70, 1_62, 1_08]
    assert len(fake.book.all_of("refund")) == 1
    assert len(fake.book.all_of("transfer_reversal")) == 3
    kinds = Entry.objects.filter(kind="PAYOUT_RETURNED").count()
    assert (kinds, Payout.objects.count()) == (3, 3)
    assert agree(processor) == []


def test_a_dispute_stops_refunds_and_if_lost_is_taken_from_those_who_hold(
    fake, processor, owners, order
):
    names = [onboard(fake, owner) for owner in owners]
    pass_on(processor)
    charge = order.checkouts.get().charge
    dispute = refunds.dispute(fake.book, charge)
    hear(fake, processor)
    with pytest.raises(services.RefundBlocked, match="disputed"):
        refund(order)
    order.refresh_from_db()
    assert order.state == "DISPUTED"
    assert books("suspense:dispute") == [10_00]
    assert not Outbox.objects.filter(topic=Topic.REFUND).exists()

    refunds.decide(fake.book, dispute["id"], is_won=False)
    hear(fake, processor)
    send_due(processor=processor, at=timezone.now() + HOUR)

    order.refresh_from_db()
    assert order.state == "LOST"
    assert there(fake, [*names, PLATFORM]) == [0, 0, 0, 0]
    assert books(CASH, "suspense:dispute", "revenue:platform_fee") == [0, 0, 0]
    assert [owed(owner) for owner in owners] == [0, 0, 0]
    assert agree(processor) == []


def test_a_refund_that_stripe_made_by_hand_is_in_the_books_and_what_is_not_is_told(
    fake, processor, owners, order
):
    made = refunds.create(
        fake.book, {"charge": order.checkouts.get().charge, "amount": 4_00}
    )
    [told] = differing(processor)
    assert (told.source, told.ledger_minor, told.provider_minor) == (
        made["id"],
        None,
        -4_00,
    )

    hear(fake, processor)

    assert [one.reference for one in order.refunds.all()] == [made["id"]]
    assert not Outbox.objects.exists()
    assert [owed(owner) for owner in owners] == [2_70, 1_62, 1_08]
    assert agree(processor) == []


def mine(owner):
    offer = owned_by({owner: 10_000}, price_minor=10_00)
    return order_now(offer, fee_bps=1000)


def test_only_what_its_own_card_paid_of_an_order_is_passed_on(fake, processor):
    [owner] = people(1)
    name = onboard(fake, owner)
    shared, banked = mine(owner), mine(owner)
    for order, by_bank in ((shared, 3_00), (banked, 10_00)):
        page = begin(order, processor)
        pay(order, by_bank, reference=order.number)
        pay_at(fake, page)
    hear(fake, processor)
    send_due(processor=processor, at=timezone.now() + HOUR)
    assert books(CASH, "cash:bank") == [7_00, 13_00]
    due = {"at": timezone.now() + 30 * DAY, "hold": 7 * DAY, "minimums": {}}
    [by_any, by_bank] = [
        payouts_due(**due, is_passed_on=is_passed_on) for is_passed_on in (False, True)
    ]
    assert [one.due_minor for one in by_any + by_bank] == [18_00, 11_00]

    pass_on(processor)

    assert there(fake, [name]) == [7_00]
    assert owed(owner) == 11_00
    assert books(CASH) == [0]


def test_what_a_dispute_kept_back_is_passed_on_once_it_is_won(fake, processor):
    [owner] = people(1)
    name = onboard(fake, owner)
    first = paid_by_card(fake, processor, mine(owner))
    pass_on(processor)
    dispute = refunds.dispute(fake.book, first.checkouts.get().charge, amount=5_00)
    hear(fake, processor)
    paid_by_card(fake, processor, mine(owner))
    offer = owned_by({owner: 10_000}, price_minor=2_00)
    paid_by_card(fake, processor, order_now(offer, fee_bps=1000))
    begun = pass_on(processor)
    assert [payout.amount_minor for payout in begun] == [1_80]

    refunds.decide(fake.book, dispute["id"], is_won=True)
    hear(fake, processor)
    pass_on(processor)

    assert there(fake, [name]) == [9_00 + 9_00 + 1_80]
    assert owed(owner) == 0


def test_what_is_left_after_a_dispute_over_a_part_was_lost_is_passed_on(
    fake, processor
):
    [owner] = people(1)
    name = onboard(fake, owner)
    order = paid_by_card(fake, processor, mine(owner))
    dispute = refunds.dispute(fake.book, order.checkouts.get().charge, amount=4_00)
    refunds.decide(fake.book, dispute["id"], is_won=False)
    hear(fake, processor)

    pass_on(processor)

    assert there(fake, [name]) == [5_40]
    assert owed(owner) == 0


def test_what_a_card_paid_of_an_order_leaves_by_the_card(fake, processor):
    """Whatever the bank brought more of it."""
    [owner] = people(1)
    orders = [mine(owner) for _ in range(2)]
    for order in orders:
        page = begin(order, processor)
        pay(order, 6_00, reference=order.number)
        pay_at(fake, page)
    hear(fake, processor)
    send_due(processor=processor, at=timezone.now() + HOUR)
    one, other = [order.checkouts.get().charge for order in orders]

    refunds.dispute(fake.book, one, amount=3_00)
    refunds.create(fake.book, {"charge": other, "amount": 3_00})
    hear(fake, processor)

    assert books(CASH, "cash:bank") == [2_00, 12_00]
    assert agree(processor) == []


def test_what_was_sent_and_cannot_be_booked_waits_for_a_person(fake, processor):
    [owner] = people(1)
    name = onboard(fake, owner)
    paid_by_card(fake, processor, mine(owner))
    at = timezone.now() + timedelta(days=30)
    [payout] = services.pass_on_due(at=at, hold=timedelta(days=7), minimums={})
    with pytest.raises(services.OnItsWay):
        services.fail_payout(
            UserFactory(is_staff=True), payout=payout, reason="Gone.", failed_at=at
        )
    Payout.objects.update(reference="tr_of_others")

    for days in (0, 1):
        send_due(processor=processor, at=at + timedelta(days=days))

    row = Outbox.objects.get()
    assert row.answer == fake.book.all_of("transfer")[0]["id"]
    assert "tr_of_others" in row.fault
    assert [one.source for one in in_vain()] == [str(row)]
    assert there(fake, [name]) == [9_00]
