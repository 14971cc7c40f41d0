from datetime import timedelta

import pytest

from licensing.money import CURRENCIES, exponent_of
from marketplace.kit.templatetags.stoa import (
    interval_bar,
    money,
    percent_of_bps,
    roughly,
    score,
)


@pytest.mark.parametrize(
    ("minor", "currency", "printed"),
    [
        (1_999, "EUR", "€\xa019.99"),
        (0, "EUR", "€\xa00.00"),
        (5, "EUR", "€\xa00.05"),
        (-1_050, "EUR", "−€\xa010.50"),
        (123_456_789, "USD", "$\xa01,234,567.89"),
        (500, "JPY", "¥\xa0500"),
        (1_234, "KWD", "KWD\xa01.234"),
        (1_000, "CHF", "CHF\xa010.00"),
    ],
)
def test_money_is_printed_in_the_currency_s_own_minor_unit(minor, currency, printed):
    assert money(minor, currency) == printed


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_pages_and_the_ledger_agree_on_minor_units(currency):
    digits = exponent_of(currency)

    assert money(10**digits, currency).endswith("1." + "0" * digits if digits else "1")


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "–"),
        (0.987_654, "0.9877"),
        (0.5, "0.5"),
        (12_345.6, "12,346"),
        (0.000_012_3, "1.23e-05"),
    ],
)
def test_a_score_has_four_digits_that_count(value, printed):
    assert score(value) == printed


@pytest.mark.parametrize(
    ("basis_points", "printed"), [(500, "5\xa0%"), (1_250, "12.5\xa0%"), (0, "0\xa0%")]
)
def test_basis_points_are_printed_as_a_percentage(basis_points, printed):
    assert percent_of_bps(basis_points) == printed


def test_an_interval_is_drawn_to_scale():
    drawn = interval_bar(0.75, 0.5, 1.0, 0.0, 1.0)

    assert '<rect class="ci__range" x="50.0" y="2.5" width="50.0" height="5"/>' in drawn
    assert 'class="ci__value" x="74.3"' in drawn


def test_an_interval_that_leaves_the_scale_is_cut_at_its_ends():
    drawn = interval_bar(0.5, -1.0, 3.0, 0.0, 1.0)

    assert 'x="0.0" y="2.5" width="100.0"' in drawn


@pytest.mark.parametrize(
    ("value", "floor", "ceiling"), [(None, 0.0, 1.0), (0.5, 1.0, 1.0)]
)
def test_nothing_is_drawn_without_a_value_or_a_scale(value, floor, ceiling):
    assert interval_bar(value, None, None, floor, ceiling) == ""


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [
        (0, "under a minute"),
        (59.9, "under a minute"),
        (60, "about 1 minute"),
        (200, "about 3 minutes"),
        (5_399, "about 90 minutes"),
        (5_400, "about 2 hours"),
        (172_800, "about 2 days"),
    ],
)
def test_a_wait_is_printed_as_people_say_it(seconds, printed):
    assert roughly(timedelta(seconds=seconds)) == printed
