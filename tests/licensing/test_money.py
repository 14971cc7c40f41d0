import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import money

TOTALS = st.integers(0, 10**15)
WEIGHTS = st.dictionaries(st.uuids(), st.integers(1, 10_000), min_size=1, max_size=12)
CURRENCIES = st.sampled_from(sorted(money.CURRENCIES))


@given(total=TOTALS, weights=WEIGHTS)
def test_invariant_4_parts_are_exact_in_sum_and_each_within_one_unit(total, weights):
    parts = money.split(total, weights=weights)
    whole = sum(weights.values())

    assert sum(parts.values()) == total
    assert parts.keys() == weights.keys()
    for party, part in parts.items():
        assert part >= 0
        assert abs(part * whole - total * weights[party]) < whole


@given(total=TOTALS, weights=WEIGHTS, data=st.data())
def test_invariant_5_the_order_of_parties_changes_nothing(total, weights, data):
    shuffled = dict(data.draw(st.permutations(list(weights.items()))))

    assert money.split(total, weights=shuffled) == money.split(total, weights=weights)


def test_ties_go_to_the_lowest_id_and_the_largest_remainder_is_first():
    assert money.split(100, weights={"b": 1, "a": 1, "c": 1}) == {
        "a": 34,
        "b": 33,
        "c": 33,
    }
    assert money.split(900, weights={"a": 50, "b": 30, "c": 20}) == {
        "a": 450,
        "b": 270,
        "c": 180,
    }
    assert money.split(10, weights={"a": 7000, "b": 2999, "c": 1}) == {
        "a": 7,
        "b": 3,
        "c": 0,
    }


@pytest.mark.parametrize(
    ("total", "weights"), [(-1, {"a": 1}), (1, {}), (1, {"a": 0}), (1, {"a": -1})]
)
def test_a_split_that_makes_no_sense_is_a_bug(total, weights):
    with pytest.raises(ValueError, match="cannot split"):
        money.split(total, weights=weights)


@given(price=TOTALS, bps=st.integers(0, 10_000))
def test_the_fee_is_rounded_down_and_never_above_the_price(price, bps):
    fee = money.fee_of(price, fee_bps=bps)

    assert 0 <= fee <= price
    assert fee * 10_000 <= price * bps < (fee + 1) * 10_000


@given(minor=st.integers(0, 10**15), currency=CURRENCIES)
def test_invariant_25_what_is_shown_reads_back_as_the_same_amount(minor, currency):
    number, code = money.shown(minor, currency).split()

    assert code == currency
    assert money.parse(number, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1999, "EUR", "19.99 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (500, "JPY", "500 JPY"),
        (-500, "JPY", "-500 JPY"),
        (1999, "KWD", "1.999 KWD"),
        (1, "KWD", "0.001 KWD"),
    ],
)
def test_amounts_are_shown_in_the_places_of_their_currency(minor, currency, text):
    assert money.shown(minor, currency) == text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("19,99", "EUR", 1999),
        (" 20 ", "EUR", 2000),
        ("20.5", "EUR", 2050),
        ("500", "JPY", 500),
        ("1.5", "KWD", 1500),
    ],
)
def test_amounts_are_read_as_people_write_them(text, currency, minor):
    assert money.parse(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("19.999", "EUR"),
        ("5.5", "JPY"),
        ("", "EUR"),
        (".5", "EUR"),
        ("-1", "EUR"),
        ("1e3", "EUR"),
        ("1.2.3", "EUR"),
        ("1,000.00", "EUR"),
        ("١٢", "EUR"),
        ("nan", "EUR"),
    ],
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(money.NotAnAmount, match="Give an amount"):
        money.parse(text, currency)


@pytest.mark.parametrize("code", ["eur", "EURO", "XAU", "", "ZZZ"])
def test_what_is_no_currency_is_refused(code):
    with pytest.raises(money.UnknownCurrency):
        money.exponent_of(code)


def random_holdings(rng):
    """Draw what some parties were paid of one price: the fee, the tax and the shares."""
    shares = {f"p{n}": rng.randint(1, 10_000) for n in range(rng.randint(1, 9))}
    parts = money.split(rng.choice([0, 1, 7, 100, 1000, 99_999]), weights=shares)
    return parts | {"fee": rng.randint(0, 300), "tax": rng.randint(0, 500)}


def test_invariant_6_what_is_given_back_is_exact_and_fair_and_never_above_what_is_held():
    """Invariants 4 to 8, over 6,000 random orders refunded in random steps to the end."""
    rng = random.Random(20260101)
    for _ in range(6_000):
        paid = random_holdings(rng)
        held, left = dict(paid), sum(paid.values())
        while left:
            minor = left if rng.random() < 0.3 else rng.randint(1, left)
            given = money.give_back(minor, held=held)
            shuffled = dict(rng.sample(sorted(held.items()), len(held)))

            assert sum(given.values()) == minor
            assert money.give_back(minor, held=shuffled) == given
            for party, part in given.items():
                assert 0 <= part <= held[party]
                assert abs(part * left - minor * held[party]) < left
            held = {party: has - given.get(party, 0) for party, has in held.items()}
            left -= minor
        assert not any(held.values())


def test_a_refund_of_an_order_with_tax_agrees_with_hand_calculation():
    held = {"tax": 200, "fee": 100, "a": 450, "b": 270, "c": 180}

    assert money.give_back(480, held=held) == {
        "tax": 80,
        "fee": 40,
        "a": 180,
        "b": 108,
        "c": 72,
    }


def test_rules_that_look_right_are_refuted_by_what_they_do():
    """Why the weights are what is held: each of the three others fails here."""
    shares = {"a": 1428, "b": 4286, "c": 4286}
    first = money.split(3, weights=shares)
    both = money.split(4, weights=shares)
    assert (
        min(both[party] - first[party] for party in shares) < 0
    )  # cumulative: Alabama

    borne = Counter()
    for _ in range(100):
        borne.update(money.split(1, weights={"a": 34, "b": 33, "c": 33}))
    assert borne["a"] == 100  # by the shares, each small refund falls on one

    paid = {"a": 333, "b": 333, "c": 334}
    given = [part * step // 1000 for part in paid.values() for step in paid.values()]
    assert 1000 - sum(given) == 5  # each rounded down, what is lost is nobody's

    kept = {"a": 34, "b": 33, "c": 33}
    for _ in range(100):
        for party, part in money.give_back(1, held=kept).items():
            kept[party] -= part
    assert kept == {"a": 0, "b": 0, "c": 0}


@pytest.mark.parametrize("minor", [0, -1, 4])
def test_what_is_not_held_is_not_given_back(minor):
    with pytest.raises(ValueError, match="cannot take"):
        money.give_back(minor, held={"a": 3, "b": -1, "c": 0})


def test_invariant_29_charges_are_refunds_fees_shares_tax_and_the_held_10_000_times():
    """Invariants 6 to 9 and 29, of the arithmetic: ten thousand lives of an order."""
    rng = random.Random(20260102)
    for _ in range(10_000):
        holds = random_holdings(rng)
        charged = sum(holds.values())
        refunded = paid_out = disputed = 0
        debts = Counter()
        for _ in range(rng.randint(1, 6)):
            left = sum(holds.values())
            act = rng.choice(["refund", "dispute", "lose", "win", "pay"])
            if act == "refund" and left and not disputed:
                minor = rng.randint(1, left)
                holds = _less(holds, money.give_back(minor, held=holds))
                refunded += minor
            elif act == "dispute" and left and not disputed:
                disputed = rng.randint(1, left)
            elif act == "lose" and disputed:
                holds = _less(holds, money.give_back(disputed, held=holds))
                refunded, disputed = refunded + disputed, 0
            elif act == "win":
                disputed = 0
            elif act == "pay":
                party = rng.choice(sorted(holds))
                minor = max(holds[party] - debts[party], 0)
                debts[party] += minor
                paid_out += minor
        cash = charged - refunded - disputed - paid_out
        owed = sum(holds[party] - debts[party] for party in holds)
        assert charged == refunded + sum(holds.values())
        assert cash + disputed == owed
        for party, debt in debts.items():  # a debt is what was refunded past a payout
            assert debt - holds[party] <= max(charged - sum(holds.values()), 0)


def _less(holds, given):
    return {party: has - given.get(party, 0) for party, has in holds.items()}
