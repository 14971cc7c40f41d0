"""What may tell a host that teams are not apart: same files, same answers, same errors.

Nothing here decides anything. Addresses of the network are not among the signals, since
none are kept of who hands in.
"""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from marketplace.storage.queries import open_blob
from training.contests.models import Attempt, BoardRow, Contest, Entrant, Member
from training.contests.task_verdicts import losses_of_tasks
from training.leaderboards.losses import NoLosses, losses_in
from training.runs.models import RunStatus

MOST_GROUPS = 100
BEST = 30  # teams whose errors are compared with each other
MOST_ROWS = 20_000
LEAST_ERRORS = 20
NEAR = 0.9
YOUNG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Several teams handed in the same predictions: the hash, and who with what."""

    sha256: str
    found: Sequence[tuple[str, uuid.UUID]]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two teams err alike: of the rows on which one errs, a share has the same loss."""

    names: tuple[str, str]
    share: float
    error_rows: int


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody whose account is younger than a day at their joining."""

    name: str
    team: str
    age: timedelta


def duplicates_in(contest: Contest) -> list[Duplicate]:
    """Return the predictions that more than one team handed in, the most shared first."""
    attempts = Attempt.objects.filter(
        submission__contest=contest,
        submission__entrant__is_baseline=False,
        run__status=RunStatus.SUCCEEDED,
    ).exclude(predictions_sha256="")
    rows = attempts.order_by("submission__submitted_at", "pk").values_list(
        "predictions_sha256", "submission__entrant__name", "submission"
    )
    found: dict[str, dict[tuple[str, uuid.UUID], None]] = defaultdict(dict)
    for sha256, name, submission in rows.iterator(chunk_size=2000):
        found[sha256][name, submission] = None
    shared = [
        Duplicate(sha256, list(each))
        for sha256, each in found.items()
        if len({name for name, _ in each}) > 1
    ]
    return sorted(shared, key=lambda each: -len(each.found))[:MOST_GROUPS]


def near_duplicates_in(contest: Contest) -> list[NearDuplicate]:
    """Return pairs of the best teams whose errors are nearly the same.

    Cost: reads the losses of the `BEST` first of the board, and compares them by pairs on
    at most `MOST_ROWS` rows; a second or so.
    """
    rows = BoardRow.objects.filter(contest=contest, is_baseline=False)
    best = rows.select_related("attempt__losses").order_by("place", "pk")[:BEST]
    losses = {
        row.name: found for row in best if (found := _losses(row.attempt)) is not None
    }
    pairs = (
        _compared(one, other, losses)
        for one, other in itertools.combinations(losses, 2)
    )
    near = [pair for pair in pairs if pair is not None and pair.share >= NEAR]
    return sorted(near, key=lambda pair: -pair.share)


def strangers_in(contest: Contest) -> list[Stranger]:
    """Return who joined with an account made within a day before, the youngest first."""
    members = Member.objects.filter(contest=contest).select_related("user", "entrant")
    found = [
        Stranger(
            each.user.username,
            each.entrant.name,
            each.joined_at - each.user.date_joined,
        )
        for each in members.order_by("joined_at", "pk")
    ]
    young = [each for each in found if timedelta() <= each.age < YOUNG]
    return sorted(young, key=lambda each: each.age)[:MOST_GROUPS]


def insiders_in(contest: Contest) -> list[Entrant]:
    """Return the teams with somebody who runs this site; what they hand in has no rank."""
    return list(
        Entrant.objects.filter(
            contest=contest, dissolved_at=None, members__user__is_staff=True
        )
        .distinct()
        .order_by("name")
    )


def _losses(attempt: Attempt) -> Sequence[float] | None:
    if attempt.losses is None:
        return None
    with open_blob(attempt.losses.pk) as kept:
        try:
            return losses_in(kept.read())[:MOST_ROWS]
        except NoLosses:
            kept.seek(0)
            of_tasks = losses_of_tasks(kept.read()).values()
            return [*itertools.chain.from_iterable(of_tasks)][:MOST_ROWS] or None


def _compared(
    one: str, other: str, losses: dict[str, Sequence[float]]
) -> NearDuplicate | None:
    first, second = losses[one], losses[other]
    if len(first) != len(second):
        return None
    errors = _errors(zip(first, second, strict=True))
    if len(errors) < LEAST_ERRORS:
        return None
    same = sum(a == b for a, b in errors)
    return NearDuplicate((one, other), same / len(errors), len(errors))


def _errors(pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(a, b) for a, b in pairs if a > 0 or b > 0]
