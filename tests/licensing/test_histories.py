"""Random lives of a shop, money back and out included: the sums are right to the unit."""

import os
import random
from collections import Counter

import pytest
from django.db import transaction

from licensing import services
from licensing.models import Dispute, Entitlement, Order, OrderState, Payout, Refund
from licensing.queries import faults_of_books, owed_now, refundable_minor
from licensing.services.quotes import Wishes
from licensing.totals import Taxes
from marketplace.kit.errors import DomainError
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    NOON,
    make_offer,
    make_order,
    make_work,
    share,
)
from tests.licensing.selling import HOLD, LATER, books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_checked")]
HISTORIES = int(os.environ.get("HISTORIES", "5"))  # 10,000 take an hour
STEPS = 14


class Life:
    """One shop of three owners, two orders of it, and what may happen to these."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        owners = UserFactory.create_batch(3)
        work = make_work(owners[0])
        offer = make_offer(work, price_minor=self.rng.choice([1, 7, 1000, 99_99]))
        parts = self.rng.choice([(10_000,), (7000, 3000), (1428, 4286, 4286)])
        if len(parts) > 1:
            share(work, dict(zip(owners, parts, strict=False)))
        self.orders = [
            make_order(
                offer,
                fee_bps=self.rng.choice([0, 333, 1000]),
                taxes=Taxes({"GR": 2400}),
                wishes=Wishes(country=self.rng.choice(["FR", "GR"])),
            )
            for _ in range(2)
        ]
        self.staff = UserFactory(is_staff=True)
        self.at = LATER
        self.told = Counter()
        self.keys = 0

    def step(self):
        """Do one thing, sometimes again; what is refused leaves nothing behind."""
        act = self.rng.choice(
            [
                *(self.pay, self.pay, self.refund, self.refund, self.pay_out),
                *(self.pay_out, self.dispute, self.decide, self.decide),
                *(self.fail_payout, self.fail_refund, self.return_money),
            ]
        )
        self.at += DAY * self.rng.choice([0, 1, 15])
        before = books()
        try:
            with transaction.atomic():
                act(self.rng.choice(self.orders))
        except DomainError:
            assert books() == before

    def key(self):
        """Return a key, one that was used already once in a while."""
        self.keys += self.rng.random() < 0.8
        return f"K{self.keys}"

    def amount(self, most):
        return self.rng.choice([1, most, self.rng.randint(1, max(most, 1)), most + 1])

    def pay(self, order):
        services.confirm_transfer(
            self.staff,
            order=order,
            bank_reference=self.key(),
            amount_minor=max(self.amount(order.total_minor), 1),
            received_on=NOON.date(),
            confirmed_at=self.at,
        )

    def refund(self, order):
        most = refundable_minor(order)
        services.refund(
            self.staff,
            order=order,
            amount_minor=self.rng.choice([None, self.amount(most)]),
            reason="Sorry",
            revokes=self.rng.random() < 0.3,
            key=self.key(),
            at=self.at,
        )

    def dispute(self, order):
        services.open_dispute(
            None,
            order=order,
            key=self.key(),
            amount_minor=self.amount(order.total_minor),
            reason="No",
            at=self.at,
        )

    def decide(self, order):
        if dispute := order.disputes.order_by("opened_at", "key").last():
            services.close_dispute(
                None,
                order=order,
                key=dispute.key,
                amount_minor=dispute.amount_minor,
                reason="No",
                won=self.rng.random() < 0.5,
                at=self.at,
            )

    def pay_out(self, order):
        if owed := owed_now(at=self.at, hold=HOLD):
            whom = self.rng.choice(owed)
            services.record_payout(
                self.staff,
                party=whom.party,
                amount=services.Amount(self.amount(max(whom.due_minor, 1)), "EUR"),
                bank_reference=self.key(),
                paid_at=self.at,
                hold=HOLD,
            )
            assert whom.due_minor > 0, "more was paid out than was due"

    def fail_payout(self, order):
        if payout := Payout.objects.order_by("key").first():
            services.fail_payout(
                self.staff, payout=payout, reason="No", failed_at=self.at
            )

    def fail_refund(self, order):
        if made := order.refunds.order_by("key").first():
            services.fail_refund(None, refund=made, at=self.at)

    def return_money(self, order):
        services.return_money(
            self.staff,
            order=order,
            amount_minor=self.rng.randint(1, 100),
            reference=self.key(),
            at=self.at,
        )


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_invariant_29_charges_are_refunds_fees_shares_tax_and_what_is_held(seed):
    """Invariants 1, 6 to 9, 17 and 29, with every act of the room."""
    life = Life(seed)
    for _ in range(STEPS):
        life.step()

    assert [f"{fault.key}: {fault.words}" for fault in faults_of_books()] == []
    on = Counter(books())
    cash = on["cash:bank"]
    shares = -sum(minor for code, minor in on.items() if code.startswith("payable:"))
    tax = -sum(minor for code, minor in on.items() if code.startswith("liability:tax:"))
    fee = -on["revenue:platform_fee"]
    held = -on["suspense:overpaid"] - on["suspense:partly_paid"]
    lost = on["suspense:dispute"] + on["expense:dispute"]
    assert shares + tax + fee + held == cash + lost
    for order in Order.objects.all():
        live = Entitlement.objects.filter(
            line__order=order, revoked_at=None, suspended_at=None
        )
        was_taken_back = order.refunds.filter(revokes=True).exists()
        grants = {OrderState.FULFILLED, OrderState.PARTLY_REFUNDED, OrderState.REFUNDED}
        assert live.exists() == (order.state in grants and not was_taken_back)
        refunded = sum(each.amount_minor for each in Refund.objects.filter(order=order))
        assert refunded <= order.total_minor
    disputed = Dispute.objects.filter(state="OPEN")
    assert on["suspense:dispute"] == sum(each.amount_minor for each in disputed)
