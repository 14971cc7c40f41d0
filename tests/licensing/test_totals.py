from hypothesis import given
from hypothesis import strategies as st

from licensing.totals import NOTHING_OFF, Off, Tax, Taxes, totals_of

PRICES = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)
OFFS = st.builds(Off, bps=st.integers(0, 10_000), minor=st.integers(0, 10**10))
TAXES = st.builds(
    Tax, country=st.just("GR"), bps=st.integers(0, 5000), is_included=st.booleans()
)


@given(PRICES, OFFS, TAXES, st.data())
def test_invariant_14_a_discount_is_never_above_the_price_and_no_total_below_zero(
    prices, off, tax, data
):
    reached = data.draw(st.sets(st.sampled_from(range(len(prices)))))

    found = totals_of(prices, tax=tax, off=off, reached=reached)

    for place, (price, line) in enumerate(zip(prices, found.lines, strict=True)):
        assert line.price_minor == price
        assert 0 <= line.discount_minor <= price * (place in reached)
        assert line.tax_minor >= 0 <= line.net_minor
        assert line.gross_minor == price - line.discount_minor + (
            0 if tax.is_included else line.tax_minor
        )
    taken = sum(prices) - found.discount_minor
    assert found.total_minor == taken + (0 if tax.is_included else found.tax_minor)
    assert found.total_minor >= 0
    whole = 10_000 + (tax.bps if tax.is_included else 0)
    assert abs(found.tax_minor - taken * tax.bps / whole) <= 0.5 + 1e-6 * taken


@given(PRICES, OFFS, TAXES, st.integers(0, 10_000), st.data())
def test_what_the_platform_gives_it_gives_of_its_fee(prices, off, tax, fee_bps, data):
    reached = data.draw(st.sets(st.sampled_from(range(len(prices)))))
    given_by_it = Off(off.bps, off.minor, is_of_fee=True)

    plain = totals_of(prices, tax=tax, fee_bps=fee_bps)
    found = totals_of(
        prices, tax=tax, off=given_by_it, reached=reached, fee_bps=fee_bps
    )

    for place, (before, after) in enumerate(zip(plain.lines, found.lines, strict=True)):
        assert 0 <= after.discount_minor <= before.fee_minor * (place in reached)
        assert after.fee_minor >= 0
        lost = before.owners_minor - after.owners_minor
        assert lost == 0 or (tax.is_included and abs(lost) <= 1)


def test_the_parts_of_a_discount_and_a_tax_are_shared_out_by_price():
    found = totals_of(
        [100_00, 50_00, 0], tax=Tax("GR", 2400), off=Off(minor=10_00), reached=[0, 1]
    )

    assert [line.discount_minor for line in found.lines] == [6_67, 3_33, 0]
    assert [line.tax_minor for line in found.lines] == [22_40, 11_20, 0]
    assert found.total_minor == 150_00 - 10_00 + 33_60


def test_a_tax_that_is_in_the_price_changes_what_is_shared_and_not_what_is_paid():
    found = totals_of([124_00], tax=Tax("GR", 2400, is_included=True))

    (line,) = found.lines
    assert (line.net_minor, line.tax_minor, found.total_minor) == (
        100_00,
        24_00,
        124_00,
    )


def test_a_country_without_a_rate_pays_no_tax():
    assert Taxes({"GR": 2400}).of("US") == Tax("US", 0)
    assert totals_of([1], tax=Tax("US"), off=NOTHING_OFF).tax_minor == 0
