"""Amounts as people write them, where a service is to say what is wrong with one."""

from licensing.money import NotAnAmount, parse
from marketplace.kit.errors import Malformed


def amount_in(text: str, currency: str) -> int:
    """Return the minor units that somebody wrote.

    Raises:
        Malformed: it is no amount of the currency.
    """
    try:
        return parse(text, currency)
    except NotAnAmount as fault:
        raise Malformed(f"amount: {fault}") from fault
