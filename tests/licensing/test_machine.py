"""Random lives of orders: whatever happens, and however often, the books agree."""

import contextlib
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from licensing import services
from licensing.models import (
    Entitlement,
    Entry,
    LedgerLine,
    Order,
    OrderState,
    Payment,
)
from licensing.money import split
from licensing.queries import ledger_balances
from marketplace.kit.errors import DomainError
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    NOON,
    PAID_ON,
    PAY_WITHIN,
    make_offer,
    make_work,
    share,
)

POINTS = [(10_000,), (7000, 3000), (1428, 4286, 4286), (1, 9999)]


class Shop(RuleBasedStateMachine):
    """Three buyers, one work whose shares and price change, one operator."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.owners = UserFactory.create_batch(3)
        self.work = make_work(self.owners[0])
        self.offer = make_offer(self.work)
        self.buyers = UserFactory.create_batch(3)
        self.staff = UserFactory(is_staff=True)
        self.now = NOON
        self.references = 0

    def teardown(self):
        call_command("ledger_check")
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def attempt(self, act, *args, **facts):
        """Do it; a refusal must leave nothing behind."""
        before = self._counted()
        try:
            with transaction.atomic():
                return act(*args, **facts)
        except DomainError:
            assert self._counted() == before
            return None

    def _counted(self):
        return (
            Entry.objects.count(),
            LedgerLine.objects.count(),
            Payment.objects.count(),
            Entitlement.objects.count(),
            Order.objects.count(),
        )

    @rule(buyer=st.integers(0, 2), fee_bps=st.sampled_from([0, 1, 500, 3333, 10_000]))
    def order(self, buyer, fee_bps):
        user = self.buyers[buyer]
        services.accept_terms(user, offer=self.offer, accepted_at=self.now)
        self.attempt(
            services.place_order,
            user,
            offers=[self.offer],
            placed_at=self.now,
            fee_bps=fee_bps,
            pay_within=PAY_WITHIN,
        )

    @precondition(lambda self: Order.objects.exists())
    @rule(
        which=st.integers(0, 100),
        part=st.sampled_from([1, 3, 7, 10, 10, 10, 13]),
        repeat=st.integers(1, 3),
        reuse=st.booleans(),
    )
    def transfer(self, which, part, repeat, reuse):
        order = self._order(which)
        self.references += not (reuse and self.references)
        for _ in range(repeat):  # told more than once, it is one transfer
            self.attempt(
                services.confirm_transfer,
                self.staff,
                order=order,
                bank_reference=f"REF {self.references}",
                amount_minor=max(order.total_minor * part // 10, 1),
                received_on=PAID_ON,
                confirmed_at=self.now + DAY,
            )

    @precondition(lambda self: Order.objects.exists())
    @rule(which=st.integers(0, 100))
    def cancel(self, which):
        order = self._order(which)
        self.attempt(
            services.cancel_order, order.buyer, order=order, cancelled_at=self.now
        )

    @precondition(lambda self: Order.objects.exists())
    @rule(which=st.integers(0, 100))
    def reject(self, which):
        self.attempt(
            services.reject_transfer,
            self.staff,
            order=self._order(which),
            reason="No",
            rejected_at=self.now,
        )

    @rule(days=st.integers(1, 20))
    def wait(self, days):
        self.now += timedelta(days=days)
        services.expire_orders(self.now)

    @rule(points=st.sampled_from(POINTS))
    def share_out(self, points):
        share(self.work, dict(zip(self.owners, points, strict=False)), at=self.now)
        for waiting in self.work.share_sets.filter(active_from=None, closed_at=None):
            for owner in self.owners:  # those who were paid before are asked, too
                with contextlib.suppress(PermissionDenied):
                    services.accept_shares(
                        owner, share_set=waiting, accepted_at=self.now
                    )

    @rule(price_minor=st.integers(0, 10_001))
    def reprice(self, price_minor):
        if self.work.share_sets.get(closed_at=None).shares.count() == 1:
            services.change_price(
                self.owners[0],
                offer=self.offer,
                price_minor=price_minor,
                currency="EUR",
                changed_at=self.now,
            )

    def _order(self, which):
        orders = Order.objects.order_by("placed_at", "number")
        return orders[which % orders.count()]

    @invariant()
    def entries_sum_to_zero(self):
        with connection.cursor() as cursor:  # the database's own check, at once
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        sums = LedgerLine.objects.values("entry", "currency").annotate(s=Sum("minor"))
        assert all(row["s"] == 0 for row in sums)

    @invariant()
    def the_books_say_what_the_orders_say(self):
        expected = Counter()
        paid = Payment.objects.values("order").annotate(s=Sum("amount_minor"))
        came_in = {row["order"]: row["s"] for row in paid}
        orders = Order.objects.annotate(granted=Count("lines__entitlements"))
        for order in orders.prefetch_related("lines__share_set__shares"):
            assert order.paid_minor == came_in.get(order.pk, 0)
            assert order.granted == (order.state == OrderState.FULFILLED)
            expected["cash:bank"] += order.paid_minor
            if order.state == OrderState.PARTIALLY_PAID:
                expected["suspense:partly_paid"] -= order.paid_minor
            elif order.state == OrderState.REJECTED:
                expected["suspense:overpaid"] -= order.paid_minor
            elif order.state == OrderState.FULFILLED:
                expected["suspense:overpaid"] -= order.overpaid_minor
                expected.update(self._earned(order))
        found = {balance.account: balance.minor for balance in ledger_balances()}
        assert {k: v for k, v in found.items() if v} == {
            k: v for k, v in expected.items() if v
        }

    def _earned(self, order):
        earned = Counter()
        for line in order.lines.all():
            earned["revenue:platform_fee"] -= line.fee_minor
            weights = {s.party_id: s.basis_points for s in line.share_set.shares.all()}
            parts = split(line.price_minor - line.fee_minor, weights=weights)
            earned.subtract({f"payable:{pk}": part for pk, part in parts.items()})
        return earned


class TestShop(Shop.TestCase, TestCase):
    settings = settings(
        max_examples=10,
        stateful_step_count=15,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


TestShop = pytest.mark.django_db(TestShop)
