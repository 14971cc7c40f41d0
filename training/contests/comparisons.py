"""One scoring beside another: what a re-scoring would change, whether winners hold."""

from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from math import isclose

from training.contests import boards
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    ContestPhase,
    PhaseRow,
    Score,
)
from training.contests.phase_boards import worked_out
from training.runs.models import LIVE, RunStatus

TOLERANCE = 1e-6  # of a score: other machines add up in another order


@dataclass(frozen=True, slots=True)
class Change:
    """One entrant's score and rank as shown and by the pending scorer; None is none."""

    name: str
    shown: float | None
    pending: float | None
    rank_shown: int | None
    rank_pending: int | None

    @property
    def moves(self) -> bool:
        return self.rank_shown != self.rank_pending


@dataclass(frozen=True, slots=True)
class PhaseChanges:
    """What would change on the own board of a phase."""

    phase: ContestPhase
    changes: list[Change]

    @property
    def corrects_labels(self) -> bool:
        return self.phase.pending_truth_id is not None


class CheckState(StrEnum):
    WAITING = "WAITING"
    SAME = "SAME"
    DIFFERS = "DIFFERS"


@dataclass(frozen=True, slots=True)
class Check:
    """A winner's score on the board, and what came out when it was scored once more."""

    name: str
    rank: int | None
    first: float
    again: float | None
    state: CheckState


def pending_changes(contest: Contest) -> list[Change]:
    """Return what publishing the pending scorer would change, by name.

    The board is worked out as it would be, verdicts and all, from the pending scores.
    """
    if contest.pending_version is None or contest.pending_truth_id is None:
        return []
    after = copy(contest)
    after.scorer_version = contest.pending_version
    after.truth_id = contest.pending_truth_id
    pending = boards.standings(after)
    where = boards.places_of(after, pending)
    shown = {row.entrant_id: row for row in BoardRow.objects.filter(contest=contest)}
    changes = []
    for pk in shown | pending:
        row, standing, place = shown.get(pk), pending.get(pk), where.get(pk)
        change = Change(
            name=row.name if row else pending[pk].name,
            shown=row.score if row else None,
            pending=standing.score if standing else None,
            rank_shown=row.rank if row else None,
            rank_pending=place.rank if place else None,
        )
        changes.append(change)
    return sorted(changes, key=lambda change: change.name)


def pending_phase_changes(contest: Contest) -> list[PhaseChanges]:
    """Return what publishing the pending scorer would change on the boards of phases.

    Of phases that are scored apart, by number.
    """
    if contest.pending_version is None:
        return []
    after = copy(contest)
    after.scorer_version = contest.pending_version
    told = []
    for phase in contest.phases.filter(truth__isnull=False).order_by("number"):
        then = copy(phase)
        then.truth_id = phase.pending_truth_id or phase.truth_id
        kept = PhaseRow.objects.filter(phase=phase).select_related("entrant")
        shown = {row.entrant_id: row for row in kept}
        pending = worked_out(then, after)
        changes = [_change_of(shown.get(pk), pending.get(pk)) for pk in shown | pending]
        changes.sort(key=lambda change: change.name)
        told.append(PhaseChanges(phase, changes))
    return told


def _change_of(row: PhaseRow | None, then: PhaseRow | None) -> Change:
    entrant = row.entrant if row else then.submission.entrant if then else None
    return Change(
        name=entrant.name if entrant else "",
        shown=row.score if row else None,
        pending=then.score if then else None,
        rank_shown=row.rank if row else None,
        rank_pending=then.rank if then else None,
    )


def pending_left(contest: Contest) -> int:
    """Return how many attempts of the pending scorer have not ended."""
    if contest.pending_version is None:
        return 0
    return Attempt.objects.filter(
        submission__contest=contest,
        scorer_version=contest.pending_version,
        run__status__in=LIVE,
    ).count()


def checks_of(contest: Contest) -> list[Check]:
    """Return how the winners' second scorings compare with the first, by place.

    Of whom is disqualified since nothing is asked.
    """
    if contest.check_version is None:
        return []
    rows = BoardRow.objects.filter(contest=contest, is_disqualified=False)
    again = {
        each.submission_id: each
        for each in Attempt.objects.filter(
            submission__contest=contest, scorer_version=contest.check_version
        ).select_related("run")
    }
    checked = list(rows.filter(submission__in=again).order_by("place"))
    attempts = [row.attempt_id for row in checked] + [a.pk for a in again.values()]
    values: dict[object, dict[tuple[str, str], float]] = {}
    for score in Score.objects.filter(attempt__in=attempts):
        told = values.setdefault(score.attempt_id, {})
        told[score.split, score.metric] = score.value
    return [
        _check(row, again[row.submission_id], values, contest.metric) for row in checked
    ]


def _check(
    row: BoardRow,
    again: Attempt,
    values: dict[object, dict[tuple[str, str], float]],
    metric: str,
) -> Check:
    first, second = values.get(row.attempt_id, {}), values.get(again.pk, {})
    ranked = ("PUBLIC", metric)
    if again.run.status in LIVE:
        state = CheckState.WAITING
    elif again.run.status == RunStatus.SUCCEEDED and _agree(first, second):
        state = CheckState.SAME
    else:
        state = CheckState.DIFFERS
    return Check(row.name, row.rank, first[ranked], second.get(ranked), state)


def _agree(
    first: dict[tuple[str, str], float], second: dict[tuple[str, str], float]
) -> bool:
    return first.keys() == second.keys() and all(
        isclose(first[key], second[key], rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for key in first
    )
