"""What a purse promises, and what it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext

from licensing.models import Passing
from licensing.money import CURRENCIES
from marketplace.kit.errors import Malformed

MOST_PLACES = 100
MOST_ANSWER_DAYS = 365
LARGEST_PURSE = 10**15


@dataclass(frozen=True, slots=True)
class PurseTerms:
    """What a purse promises: `amounts` in minor units for the first place and on.

    A winner has `answer_days` to accept; `passing` says what becomes of a prize that
    nobody took.
    """

    currency: str
    amounts: Sequence[int]
    conditions: str = ""
    passing: Passing = Passing.NEXT
    answer_days: int = 14


def check_terms(terms: PurseTerms) -> None:
    """Return if a purse may promise this.

    Raises:
        Malformed: it may not; the message names the field.
    """
    if terms.currency not in CURRENCIES:
        raise Malformed(gettext("currency: give a currency in ISO 4217, such as EUR."))
    if not 1 <= terms.answer_days <= MOST_ANSWER_DAYS:
        raise Malformed(
            gettext("answer_days: give 1 to %(most_answer_days)s days.")
            % {"most_answer_days": MOST_ANSWER_DAYS}
        )
    check_amounts(terms.amounts)


def check_amounts(amounts: Sequence[int]) -> None:
    """Return if places may be promised this; better ones as much as the next, or more.

    Raises:
        Malformed: they may not.
    """
    if not 1 <= len(amounts) <= MOST_PLACES:
        raise Malformed(
            gettext("amounts: give 1 to %(most_places)s places.")
            % {"most_places": MOST_PLACES}
        )
    if min(amounts) < 1 or sum(amounts) > LARGEST_PURSE:
        raise Malformed(gettext("amounts: give each place something, within reason."))
    if any(after > before for before, after in pairwise(amounts)):
        raise Malformed(
            gettext("amounts: a better place gets as much as the next, or more.")
        )
