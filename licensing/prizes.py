"""Who gets what of a purse, from a board that changes no more. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from licensing.money import split


@dataclass(frozen=True, slots=True)
class InLine:
    """A party as the board has it: equal ranks are a tie, the lowest is the best.

    `is_out` says that it gets nothing: it declined, did not answer, or was disqualified.
    """

    party: UUID
    rank: int
    is_out: bool = False


def shared_out(
    line: Iterable[InLine], amounts: Sequence[int], *, passes_on: bool
) -> dict[UUID, int]:
    """Say what each winner gets; parties that get nothing are not there.

    Those who tie share the prizes of the places that they take together, equally and to
    the last unit by largest remainder.

    Args:
        line: who is in line for the purse, in any order.
        amounts: minor units for the first place, the second and so on.
        passes_on: whoever is behind somebody who is out moves up; otherwise what they
            would have got is nobody's, and goes back.
    """
    standing = [each for each in line if not (passes_on and each.is_out)]
    standing.sort(key=attrgetter("rank"))
    won: dict[UUID, int] = {}
    taken = 0
    for _, tied in groupby(standing, key=attrgetter("rank")):
        if taken >= len(amounts):
            break
        group = list(tied)
        prize = sum(amounts[taken : taken + len(group)])
        taken += len(group)
        parts = split(prize, weights={each.party: 1 for each in group})
        won |= {each.party: parts[each.party] for each in group if not each.is_out}
    return {party: minor for party, minor in won.items() if minor}
