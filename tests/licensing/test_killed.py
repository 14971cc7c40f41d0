"""A process that is killed after any step of an act leaves nothing of it behind, and
whoever repeats the act ends where it would have ended at once.

A step is what is written to the database, and what the processor was asked for.
"""

import contextlib
import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from licensing import services
from licensing.models import (
    Checkout,
    Dispute,
    Entitlement,
    Invoice,
    Order,
    OrderLetter,
    Outbox,
    Payment,
    Payout,
    Refund,
)
from licensing.sending import send_due
from licensing.services.observed import record_dispute
from licensing.services.settlement import settle_all
from marketplace.kit.errors import DomainError
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)
from tests.fakestripe import refunds
from tests.licensing.cards import (
    BACK,
    onboard,
    order_now,
    owned_by,
    pay_at,
    people,
    processor_at,
    received,
)
from tests.licensing.cards import owed as owed_to
from tests.licensing.selling import HOLD, LATER, booked, owed

WRITES = ("INSERT", "UPDATE", "DELETE")
SEEN_WITHIN_SECONDS = 30
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database()
  AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
MOST_STEPS = 25
LEASED = timedelta(minutes=6)  # longer than anything is

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:.*fork:DeprecationWarning"
    ),  # killed, as it should
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledger_checked"),
]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    """Counts steps, and kills the process right after one of them."""

    def __init__(self, after):
        self.left = after

    def step(self):
        self.left -= 1
        if self.left == 0:
            die()

    def __call__(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith(WRITES):
            self.step()
        return result


class Dying:
    """The processor, asked by a process that may not live to hear what it answered."""

    def __init__(self, fake):
        self.fake = fake
        self.killer = Killer(0)
        self.tries = 0

    def __getattr__(self, name):
        ask = getattr(processor_at(self.fake), name)  # no connection outlives a fork

        def asked(*args, **more):
            answer = ask(*args, **more)
            self.killer.step()
            return answer

        return asked


def killed_after(step, act, *, asked=None):
    """Run `act` in a process that is killed after that step, or once it is done.

    Says whether it was done. `asked` is the processor that it asks.
    """
    connections.close_all()
    done_here, done_there = os.pipe()
    child = os.fork()
    if not child:
        try:
            killer = Killer(step)
            if asked is not None:
                asked.killer = killer
            with connection.execute_wrapper(killer):
                act()
            os.write(done_there, b"1")
        finally:
            die()
    os.waitpid(child, 0)
    wait_until_rolled_back()
    os.close(done_there)
    with os.fdopen(done_here, "rb") as told:
        return told.read() == b"1"


def wait_until_rolled_back():
    """Wait until the server has seen that its client died: its locks last until then."""
    give_up_at = time.monotonic() + SEEN_WITHIN_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute(OTHERS)
            if not cursor.fetchone()[0]:
                return
            assert time.monotonic() < give_up_at
            time.sleep(0.001)


def deaths_of(act, *, asked=None, things=1):
    """Let `act` die after its first step, its second and so on; then let it be, twice.

    Returns how often it died. Each of the things it does is done whole or not at all.
    """
    deaths, step, done, was = 0, 1, 0, everything()
    while not killed_after(step, act, asked=asked):
        deaths, step = deaths + 1, step + 1
        assert step < MOST_STEPS, act.__name__
        if (now := everything()) != was:
            done, step, was = done + 1, 1, now
        if asked is not None:
            asked.tries += 1
    assert done < things, act.__name__
    after = everything()
    assert after != was, act.__name__
    with contextlib.suppress(DomainError):  # as what is placed is not placed again
        act()  # whoever never heard that it was done
    assert everything() == after, act.__name__
    return deaths


def everything():
    return (
        booked(),
        list(Order.objects.values_list("state", "paid_minor", "closed_at")),
        list(Payment.objects.values_list("reference", "amount_minor")),
        list(Entitlement.objects.values_list("suspended_at", "revoked_at")),
        list(Invoice.objects.values_list("number", "total_minor")),
        list(Refund.objects.values_list("key", "amount_minor", "failed_at")),
        list(Dispute.objects.values_list("key", "state")),
        sorted(Payout.objects.values_list("key", "amount_minor", "failed_at")),
        list(Checkout.objects.filter(state__in=["OPEN", "PAID"]).values_list("state")),
        sorted(Outbox.objects.values_list("topic", "answer", "refused_at")),
        OrderLetter.objects.count(),
        AuditRecord.objects.count(),
    )


def test_invariant_16_whatever_step_an_act_is_killed_after_its_retry_ends_in_one_state():
    """Order, payment and its split, refund, payout, failures of these, and disputes."""
    owners = UserFactory.create_batch(3)
    work = make_work(owners[0])
    offer = make_offer(work, price_minor=1000)
    share(work, dict(zip(owners, (5000, 3000, 2000), strict=True)))
    a, b, c = (services.party_of_user(owner) for owner in owners)
    buyer, staff = UserFactory(), UserFactory(is_staff=True)
    services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    disputed = {"key": "dp", "amount_minor": 300, "reason": "No"}

    def order():
        services.place_order(
            buyer, offers=[offer], placed_at=NOON, fee_bps=1000, pay_within=PAY_WITHIN
        )

    def pay_in_part():
        pay(Order.objects.get(), 400, reference="RF 1", operator=staff)

    def pay_the_rest():
        pay(Order.objects.get(), 600, reference="RF 2", operator=staff)

    def refund():
        services.refund(
            staff,
            order=Order.objects.get(),
            amount_minor=400,
            reason="Sorry",
            revokes=False,
            key="r1",
            at=LATER,
        )

    def pay_out():
        services.record_payout(
            staff,
            party=a,
            amount=services.Amount(270, "EUR"),
            bank_reference="OUT 1",
            paid_at=LATER,
            hold=HOLD,
        )

    def fail_payout():
        payout = Payout.objects.get()
        services.fail_payout(staff, payout=payout, reason="No", failed_at=LATER)

    def fail_refund():
        services.fail_refund(staff, refund=Refund.objects.get(), at=LATER)

    def dispute():
        order = Order.objects.get()
        services.open_dispute(staff, order=order, **disputed, at=LATER)

    def lose():
        order = Order.objects.get()
        services.close_dispute(staff, order=order, **disputed, won=False, at=LATER)

    acts = [order, pay_in_part, pay_the_rest, refund, pay_out]
    acts += [fail_payout, fail_refund, dispute, lose]
    deaths = sum(deaths_of(act) for act in acts)

    assert deaths > 40
    assert owed(a, b, c) == [135, 81, 54]
    assert Invoice.objects.get().total_minor == 1000


def test_invariant_16_many_orders_settled_together_are_all_settled_or_none():
    offer = make_offer()
    orders = [make_order(offer) for _ in range(3)]

    def settle():
        settle_all([received(order) for order in orders], at=LATER)

    deaths = deaths_of(settle)

    assert deaths >= 8
    assert Invoice.objects.count() == Entitlement.objects.count() == 3


def test_invariant_16_so_it_does_where_a_processor_is_asked_and_each_is_done_there_once(
    fake,
):
    """A page, its payment and split, transfers and their reversals, refund, dispute."""
    owners = people(2)
    offer = owned_by(dict(zip(owners, (6000, 4000), strict=True)), price_minor=10_00)
    names = [onboard(fake, owner) for owner in owners]
    order = order_now(offer, fee_bps=1000)
    staff, now = UserFactory(is_staff=True), timezone.now()
    later, processor = now + 2 * HOLD, Dying(fake)

    def open_page():
        services.begin_checkout(
            order.buyer, order=order, processor=processor, back_url=BACK, begun_at=now
        )

    def settle():
        page = Checkout.objects.get()
        services.refresh_checkout(page, processor=processor, at=now)

    def begin_transfers():
        services.pass_on_due(at=later, hold=HOLD, minimums={})

    def send():
        send_due(processor=processor, at=later + processor.tries * LEASED)

    def refund():
        services.refund(
            staff,
            order=Order.objects.get(),
            amount_minor=4_00,
            reason="Sorry",
            revokes=False,
            key="r1",
            at=later,
        )

    def dispute():
        [told] = fake.book.all_of("dispute")
        seen = processor.dispute(told["id"])
        record_dispute(Order.objects.get(), seen=seen, at=later)

    deaths = deaths_of(open_page, asked=processor)
    pay_at(fake, Checkout.objects.get())
    deaths += deaths_of(settle, asked=processor)
    deaths += deaths_of(begin_transfers, things=2)
    deaths += deaths_of(send, asked=processor, things=2)
    assert [fake.book.held(name, "eur") for name in names] == [5_40, 3_60]
    deaths += deaths_of(refund)
    deaths += deaths_of(send, asked=processor, things=3)
    refunds.dispute(fake.book, fake.book.all_of("charge")[0]["id"])
    deaths += deaths_of(dispute, asked=processor)

    assert deaths > 50
    assert [fake.book.held(name, "eur") for name in names] == [3_24, 2_16]
    there = {
        kind: len(fake.book.all_of(kind)) for kind in ("checkout.session", "refund")
    }
    assert there == {"checkout.session": 1, "refund": 1}
    assert len(fake.book.all_of("transfer")) == 2
    assert [owed_to(owner) for owner in owners] == [0, 0]
    assert Order.objects.get().state == "DISPUTED"
