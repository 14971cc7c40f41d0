import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import money

TOTALS = st.integers(0, 10**15)
WEIGHTS = st.dictionaries(st.uuids(), st.integers(1, 10_000), min_size=1, max_size=12)
CURRENCIES = st.sampled_from(sorted(money.CURRENCIES))


@given(total=TOTALS, weights=WEIGHTS)
def test_parts_are_exact_in_sum_and_each_within_one_unit(total, weights):
    parts = money.split(total, weights=weights)
    whole = sum(weights.values())

    assert sum(parts.values()) == total
    assert parts.keys() == weights.keys()
    for party, part in parts.items():
        assert part >= 0
        assert abs(part * whole - total * weights[party]) < whole


@given(total=TOTALS, weights=WEIGHTS, data=st.data())
def test_the_order_of_parties_changes_nothing(total, weights, data):
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
def test_what_is_shown_reads_back_as_the_same_amount(minor, currency):
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
