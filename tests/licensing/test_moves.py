import itertools
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

import licensing
from licensing.models import Order, OrderState
from licensing.models.orders import MOVES, OPEN_STATES, SETTLED_STATES
from licensing.moves import OrderClosed, may_move, move
from tests.factories.licensing import NOON, make_order, pay

pytestmark = pytest.mark.django_db


def test_the_database_keeps_the_same_table_of_moves():
    pairs = list(itertools.product(OrderState.values, repeat=2))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT was, becomes FROM unnest(%s::text[], %s::text[]) AS pair(was, becomes)"
            " WHERE licensing_order_may_move(was, becomes)",
            [list(column) for column in zip(*pairs, strict=True)],
        )
        known = set(cursor.fetchall())

    assert known == {(was, to) for was, following in MOVES.items() for to in following}
    assert set(MOVES) == set(OrderState)


def test_what_is_settled_is_never_open_again():
    reached, left = set(), list(SETTLED_STATES)
    while left:
        for to in MOVES[left.pop()]:
            if to not in reached:
                reached.add(to)
                left.append(to)

    assert reached <= set(SETTLED_STATES)
    assert not reached & set(OPEN_STATES)


def test_a_move_that_is_not_in_the_table_changes_nothing():
    order = make_order()
    assert not may_move(order, OrderState.REFUNDED)

    with pytest.raises(OrderClosed, match="cannot be: refunded"):
        move(order, to=OrderState.REFUNDED, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state="REFUNDED", closed_at=NOON)

    order.refresh_from_db()
    assert (order.state, order.closed_at) == (OrderState.AWAITING_PAYMENT, None)


def test_of_two_who_move_an_order_from_one_state_one_does():
    order = make_order()
    as_it_was = Order.objects.get(pk=order.pk)
    pay(order)

    with pytest.raises(OrderClosed):
        move(as_it_was, to=OrderState.CANCELLED, at=NOON)

    order.refresh_from_db()
    assert (order.state, order.paid_minor) == (OrderState.FULFILLED, 100_00)


def test_no_other_code_writes_the_state_of_an_order():
    written = re.compile(r"\border\.state(,.*)? = ")
    files = Path(licensing.__file__).parent.rglob("*.py")

    assert [file.name for file in files if written.search(file.read_text())] == []
