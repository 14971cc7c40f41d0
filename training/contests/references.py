"""Scores to compare a board with that nobody handed in: people's, and published ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from training.contests.models import Contest

MOST = 20
LONGEST_NAME, LONGEST_SOURCE = 100, 500


class ReferenceKind(StrEnum):
    HUMAN = "HUMAN"
    PUBLISHED = "PUBLISHED"


class WrongReference(ValueError):
    """One is incomplete; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A score of people, or one that was published, and where it comes from.

    It is shown beside the board, marked, in the unit of the board's score. It has no
    submission, no rank and no place, so no prize goes to it.
    """

    name: str
    kind: ReferenceKind
    value: float
    source: str

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return what `as_json` wrote."""
        return cls(**{**told, "kind": ReferenceKind(told["kind"])})

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {**asdict(self), "kind": self.kind.value}


def references_of(contest: Contest) -> tuple[Reference, ...]:
    """Return the scores to compare a board with, in the hosts' order."""
    return tuple(Reference.from_json(told) for told in contest.reference_scores)


def check_references(references: Sequence[Reference]) -> None:
    """Return if the references can be shown.

    Raises:
        WrongReference: says which, and what to change.
    """
    if len(references) > MOST:
        raise WrongReference(f"there are {len(references)}; {MOST} is the most.")
    seen: set[str] = set()
    for each in references:
        where = f"“{each.name}”"
        if not 0 < len(each.name.strip()) <= LONGEST_NAME:
            raise WrongReference(
                f"{where}: give a name of up to {LONGEST_NAME} letters."
            )
        if each.name in seen:
            raise WrongReference(f"two are called {where}.")
        seen.add(each.name)
        if not 0 < len(each.source.strip()) <= LONGEST_SOURCE:
            raise WrongReference(
                f"{where}: say in up to {LONGEST_SOURCE} letters where it comes from."
            )
        if not math.isfinite(each.value):
            raise WrongReference(f"{where}: its score is no finite number.")
