"""Amounts as integers in a currency's own minor unit, shown and split exactly. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

WHOLE = 10_000  # basis points

# ISO 4217 by decimal places; funds codes and metals are no money here.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT
    LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED
    VES WST XCD YER ZAR ZMW
"""
_THREE = "BHD IQD JOD KWD LYD OMR TND"
PLACES = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
}
CURRENCIES = frozenset(PLACES)

P = TypeVar("P")


class UnknownCurrency(ValueError):
    """The code is not an ISO 4217 currency we know the minor unit of."""


class NotAnAmount(ValueError):
    """The text is no amount of the currency, or has more places than it."""


def exponent_of(currency: str) -> int:
    """Return how many decimal places the currency has: 0, 2 or 3.

    Raises:
        UnknownCurrency: not an upper-case ISO 4217 code in use.
    """
    if currency not in PLACES:
        raise UnknownCurrency(f"{currency!r} is not a currency in ISO 4217.")
    return PLACES[currency]


def shown(minor: int, currency: str) -> str:
    """Return an amount for people and programs alike, such as `19.99 EUR`, `-5 JPY`."""
    places = exponent_of(currency)
    sign, digits = "-" * (minor < 0), str(abs(minor)).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    return f"{sign}{whole}{'.' * bool(places)}{part} {currency}"


def finely_shown(minor: Decimal, currency: str) -> str:
    """Return an amount to two places more than its currency has, as `0.0125 EUR`.

    Args:
        minor: minor units, at least 0, with parts of one.
        currency: ISO 4217.
    """
    places = exponent_of(currency)
    finest = Decimal(1).scaleb(-places - 2)
    amount = minor.scaleb(-places).quantize(finest)
    if minor and not amount:
        return f"under {finest} {currency}"
    return f"{amount} {currency}"


def parse(text: str, currency: str) -> int:
    """Return the minor units in `text`, such as `19.99`; a comma may be the point.

    Raises:
        NotAnAmount: it is no plain decimal number, or is finer than the minor unit.
        UnknownCurrency: see `exponent_of`.
    """
    places = exponent_of(currency)
    whole, _, part = text.strip().replace(",", ".").partition(".")
    digits = whole + part.ljust(places, "0")
    if not (whole and digits.isascii() and digits.isdigit()) or len(part) > places:
        finest = f"with at most {places} places" if places else "without decimals"
        raise NotAnAmount(
            f"Give an amount in {currency}, not below zero, {finest}, such as "
            f"{shown(1999, currency).split()[0]}."
        )
    return int(digits)


def fee_of(price_minor: int, *, fee_bps: int) -> int:
    """Return the platform's part of a price, rounded down: the odd unit is the owners'.

    Args:
        price_minor: at least 0.
        fee_bps: 0 to 10,000 hundredths of a per cent.
    """
    return price_minor * fee_bps // WHOLE


def split(total_minor: int, *, weights: Mapping[P, int]) -> dict[P, int]:
    """Share `total_minor` by weight with the largest remainders; the parts sum exactly.

    Each part is the exact one rounded down or up. What rounding leaves goes, a unit at
    a time, to the largest remainders; ties go to the lowest party id (as text), so the
    order of `weights` changes nothing.

    Args:
        total_minor: at least 0.
        weights: positive integers by party; at least one.

    Raises:
        ValueError: no weights, a weight below 1, or a negative total: the caller's bug.
    """
    if total_minor < 0 or not weights or min(weights.values()) < 1:
        raise ValueError(f"cannot split {total_minor} by {dict(weights)}")
    whole = sum(weights.values())
    exact = {party: Fraction(total_minor * w, whole) for party, w in weights.items()}
    parts = {party: int(part) for party, part in exact.items()}
    left = total_minor - sum(parts.values())
    by_remainder = sorted(exact, key=lambda p: (parts[p] - exact[p], str(p)))
    for party in by_remainder[:left]:
        parts[party] += 1
    return parts


def give_back(amount_minor: int, *, held: Mapping[P, int]) -> dict[P, int]:
    """Say how much of a refund each party gives, by what each of them still holds.

    What is held is what a party was paid less what it gave back before. By the shares
    instead, many small refunds would all fall on one; by the largest remainders of what
    was refunded in all, one could be owed by a refund to another. So none gives more
    than it holds, each gives its exact part rounded down or up, and who refunds to the
    last unit, in however many steps, leaves nobody anything.

    Args:
        amount_minor: at least 1, at most what is held.
        held: minor units by party; those who hold nothing give nothing.

    Raises:
        ValueError: more than is held, or nothing: the caller's bug.
    """
    weights = {party: minor for party, minor in held.items() if minor > 0}
    if not 1 <= amount_minor <= sum(weights.values()):
        raise ValueError(f"cannot take {amount_minor} back from {dict(held)}")
    return split(amount_minor, weights=weights)
