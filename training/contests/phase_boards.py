"""Keeps the boards of phases that are scored apart; the contest is held meanwhile."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict

from django.db.models import FloatField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Now

from training.contests.models import (
    Contest,
    ContestPhase,
    PhaseRow,
    Score,
    Split,
    Submission,
)
from training.contests.ranking import Entry, Place, places
from training.runs.models import RunStatus

BATCH = 2000
NOWHERE = Place(0, None, None, None)
PLACED = ("place", "rank", "rank_low", "rank_high")
STANDING = (
    *("submission", "attempt", "is_baseline", "score", "low", "high", "merit"),
    "reached_at",
)


def ranking_metric(phase: ContestPhase, contest: Contest) -> tuple[str, bool]:
    """Return what ranks on a phase's own board, and whether more of it is better."""
    if phase.metric:
        return phase.metric, phase.greater_is_better
    return contest.metric, contest.greater_is_better


def keep_boards(contest: Contest, *, entrants: Collection[int] | None = None) -> None:
    """Write the boards of all phases that have one, as `keep_board` writes one."""
    for phase in ContestPhase.objects.filter(contest=contest, truth__isnull=False):
        keep_board(phase, contest, entrants=entrants)


def keep_board(
    phase: ContestPhase, contest: Contest, *, entrants: Collection[int] | None = None
) -> None:
    """Write the rows of these entrants, or of all, and then everyone's place.

    Args:
        phase: with a truth of its own.
        contest: the phase's, held.
        entrants: of whom something changed.
    """
    wanted = _best(phase, contest, entrants)
    kept = PhaseRow.objects.filter(phase=phase)
    touched = kept if entrants is None else kept.filter(entrant__in=entrants)
    touched.exclude(entrant__in=wanted).delete()
    where = places(
        _entries([*kept.exclude(entrant__in=wanted), *wanted.values()], contest, phase)
    )
    for entrant_id, row in wanted.items():
        _put(row, where[entrant_id])
    PhaseRow.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["phase", "entrant"],
        update_fields=[*STANDING, *PLACED],
        batch_size=BATCH,
    )
    moved = []
    for row in kept.exclude(entrant__in=wanted):
        before = Place(row.place, row.rank, row.rank_low, row.rank_high)
        if where[row.entrant_id] != before:
            moved.append(_put(row, where[row.entrant_id]))
    PhaseRow.objects.bulk_update(moved, PLACED, batch_size=BATCH)


def worked_out(phase: ContestPhase, contest: Contest) -> dict[int, PhaseRow]:
    """Return the board of a phase as its scores say, by entrant; nothing is written.

    Args:
        phase: with the truth to go by.
        contest: with the scorer version to go by.
    """
    rows = _best(phase, contest, None)
    where = places(_entries(rows.values(), contest, phase))
    return {
        entrant_id: _put(row, where[entrant_id]) for entrant_id, row in rows.items()
    }


def board_of_phase(
    phase: ContestPhase, *, is_host: bool = False
) -> QuerySet[PhaseRow, PhaseRow]:
    """Return the board of a phase that has one; page it by `place` and `id`.

    It is empty while it is hidden, unless a host asks.
    """
    rows = PhaseRow.objects.filter(phase=phase).select_related("entrant")
    if is_host or phase.board_hidden_until is None:
        return rows
    return rows.exclude(phase__board_hidden_until__gt=Now())


def best_of_phase(phase: ContestPhase, contest: Contest) -> list[Submission]:
    """Return each team's best submission to a phase, whichever board that is on."""
    if phase.has_board:
        rows = PhaseRow.objects.filter(phase=phase, is_baseline=False)
        return [row.submission for row in rows.select_related("submission__entrant")]
    scores = _scores(contest, phase, None, truth=contest.truth_id)
    return [
        score.attempt.submission
        for score in _first(scores, contest, phase)
        if not score.attempt.submission.entrant.is_baseline
    ]


def _best(
    phase: ContestPhase, contest: Contest, entrants: Collection[int] | None
) -> dict[int, PhaseRow]:
    found = {}
    sign = 1.0 if ranking_metric(phase, contest)[1] else -1.0
    scores = _scores(contest, phase, entrants, truth=str(phase.truth_id))
    for score in _first(scores, contest, phase):
        submission = score.attempt.submission
        verdict = getattr(score.attempt, "verdict", None)
        shown = score if verdict is None or verdict.value is None else verdict
        found[submission.entrant_id] = PhaseRow(
            phase=phase,
            entrant_id=submission.entrant_id,
            submission=submission,
            attempt_id=score.attempt_id,
            is_baseline=submission.entrant.is_baseline,
            score=shown.value,
            low=shown.low,
            high=shown.high,
            merit=sign * shown.value,
            reached_at=submission.submitted_at,
        )
    return found


def _scores(
    contest: Contest,
    phase: ContestPhase,
    entrants: Collection[int] | None,
    *,
    truth: str,
) -> QuerySet[Score, Score]:
    """Return the public scores that count in a phase, and those of its baselines."""
    in_phase = Q(attempt__submission__phase=phase) | Q(
        attempt__submission__phase__isnull=True,
        attempt__submission__entrant__is_baseline=True,
    )
    scores = Score.objects.filter(
        in_phase,
        attempt__submission__contest=contest,
        attempt__submission__withdrawn_at__isnull=True,
        attempt__submission__is_ranked=True,
        attempt__submission__entrant__disqualified_at__isnull=True,
        attempt__scorer_version=contest.scorer_version,
        attempt__truth=truth,
        attempt__run__status=RunStatus.SUCCEEDED,
        split=Split.PUBLIC,
        metric=ranking_metric(phase, contest)[0],
    )
    if contest.is_guarded:
        scores = scores.filter(
            Q(attempt__verdict__is_accepted=True)
            | Q(attempt__submission__entrant__is_baseline=True)
        )
    if entrants is None:
        return scores
    return scores.filter(attempt__submission__entrant__in=entrants)


def _first(
    scores: QuerySet[Score, Score], contest: Contest, phase: ContestPhase
) -> QuerySet[Score, Score]:
    """Return each entrant's best, the earlier where two are equal."""
    sign = 1.0 if ranking_metric(phase, contest)[1] else -1.0
    shown = Coalesce("attempt__verdict__value", "value")
    return (
        scores.annotate(merit=Cast(shown * Value(sign), FloatField()))
        .order_by(
            "attempt__submission__entrant",
            "-merit",
            "attempt__submission__submitted_at",
            "attempt__submission",
        )
        .distinct("attempt__submission__entrant")
        .select_related("attempt__submission__entrant", "attempt__verdict")
    )


def _entries(
    rows: Iterable[PhaseRow], contest: Contest, phase: ContestPhase
) -> Iterable[Entry]:
    sign = 1.0 if ranking_metric(phase, contest)[1] else -1.0
    for row in rows:
        low, high = sorted((sign * row.low, sign * row.high))
        yield Entry(
            row.entrant_id, row.merit, low, high, row.reached_at, row.is_baseline
        )


def _put(row: PhaseRow, place: Place) -> PhaseRow:
    said: Mapping[str, int | None] = asdict(place)
    for name in PLACED:
        setattr(row, name, said[name])
    return row
