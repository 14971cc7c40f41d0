"""Keeps boards as they were: before a re-scoring, and the final one of private rows."""

from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from training.contests import boards
from training.contests.columns import packed_numbers, ranked_by
from training.contests.models import (
    BoardRow,
    Contest,
    ContestPhase,
    Edition,
    EditionKind,
    EditionRow,
    PhaseRow,
    RankingScheme,
    Score,
    Split,
)
from training.contests.ranking import Place
from training.leaderboards.columns import Number

BATCH = 2000


def keep_replaced(contest: Contest, *, at: datetime) -> Edition:
    """Keep the boards as they are now, under the scorer that made them. Hold them first.

    Those of phases that are scored apart are kept as editions of their own.

    Returns:
        The edition of the contest's board.
    """
    edition = _made(contest, EditionKind.REPLACED, at=at)
    _keep(edition, BoardRow.objects.filter(contest=contest))
    for phase in contest.phases.filter(truth__isnull=False).order_by("number"):
        apart = _made(contest, EditionKind.REPLACED, phase=phase, at=at)
        _keep(apart, PhaseRow.objects.filter(phase=phase))
    return edition


def _keep(edition: Edition, board: QuerySet[BoardRow] | QuerySet[PhaseRow]) -> None:
    EditionRow.objects.bulk_create(
        (
            EditionRow(
                edition=edition,
                entrant_id=row.entrant_id,
                attempt_id=row.attempt_id,
                score=row.score,
                low=row.low,
                high=row.high,
                place=row.place,
                rank=row.rank,
                rank_low=row.rank_low,
                rank_high=row.rank_high,
                **_of_contest(row),
            )
            for row in board.order_by("place").iterator(chunk_size=BATCH)
        ),
        batch_size=BATCH,
    )


def _of_contest(row: BoardRow | PhaseRow) -> dict[str, Any]:
    """Return what the rows of a contest's board have beside those of a phase's."""
    if isinstance(row, PhaseRow):
        return {}
    return {"mean_rank": row.mean_rank, "columns": row.columns}


def keep_private(contest: Contest, *, at: datetime) -> Edition:
    """Rank everyone's frozen best by the private rows, and keep that for good.

    The board's own ranking decides, on the same rows of the private split. Whoever is
    disqualified is not in it. Hold the board first.
    """
    edition = _made(contest, EditionKind.PRIVATE, at=at)
    board = BoardRow.objects.filter(
        contest=contest, is_disqualified=False
    ).select_related("attempt__run", "attempt__submission")
    rows = {row.attempt_id: row for row in board}
    attempts = [row.attempt for row in rows.values()]
    numbers = packed_numbers(contest, attempts, split=Split.PRIVATE)
    scores = Score.objects.filter(
        attempt__in=rows, split=Split.PRIVATE, metric=contest.metric
    )
    told = {each.attempt_id: Number(each.value, each.low, each.high) for each in scores}
    if contest.ranking == RankingScheme.LEXICOGRAPHIC:
        key = ranked_by(contest).key
        told = {pk: Number(*kept[key]) for pk, kept in numbers.items() if key in kept}
    for pk, row in rows.items():
        if pk in told:
            row.score, row.low, row.high = astuple(told[pk])
            row.merit = ranked_by(contest).sign * row.score
            row.columns = numbers[pk]
    private = {row.entrant_id: row for pk, row in rows.items() if pk in told}
    where = boards.places_of(contest, private)
    EditionRow.objects.bulk_create(
        (
            EditionRow(
                edition=edition,
                entrant_id=entrant,
                attempt_id=private[entrant].attempt_id,
                score=private[entrant].score,
                low=private[entrant].low,
                high=private[entrant].high,
                columns=private[entrant].columns,
                **asdict(place),
            )
            for entrant, place in _in_order(where)
        ),
        batch_size=BATCH,
    )
    return edition


def _made(
    contest: Contest,
    kind: EditionKind,
    *,
    phase: ContestPhase | None = None,
    at: datetime,
) -> Edition:
    last = contest.editions.aggregate(last=Max("number"))["last"] or 0
    return Edition.objects.create(
        contest=contest,
        phase=phase,
        number=last + 1,
        kind=kind,
        scorer_version=contest.scorer_version,
        truth_id=contest.truth_id if phase is None else str(phase.truth_id),
        made_at=at,
    )


def _in_order(where: Mapping[int, Place]) -> list[tuple[int, Place]]:
    return sorted(where.items(), key=lambda each: each[1].place)
