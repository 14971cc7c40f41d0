"""Keeps boards as they were: before a re-scoring, and the final one of private rows."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db.models import Max

from training.contests.models import (
    BoardRow,
    Contest,
    Edition,
    EditionKind,
    EditionRow,
    Score,
    Split,
)
from training.contests.ranking import Entry, Place, places

BATCH = 2000


def keep_replaced(contest: Contest, *, at: datetime) -> Edition:
    """Keep the board as it is now, under the scorer that made it. Hold it first."""
    edition = _made(contest, EditionKind.REPLACED, at=at)
    board = BoardRow.objects.filter(contest=contest).order_by("place")
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
            )
            for row in board.iterator(chunk_size=BATCH)
        ),
        batch_size=BATCH,
    )
    return edition


def keep_private(contest: Contest, *, at: datetime) -> Edition:
    """Rank everyone's frozen best by the private rows, and keep that for good.

    Whoever is disqualified is not in it. Hold the board first.
    """
    edition = _made(contest, EditionKind.PRIVATE, at=at)
    board = BoardRow.objects.filter(contest=contest, is_disqualified=False)
    rows = {row.attempt_id: row for row in board}
    scores = Score.objects.filter(
        attempt__in=rows, split=Split.PRIVATE, metric=contest.metric
    )
    by_entrant = {rows[each.attempt_id].entrant_id: each for each in scores}
    where = places(_entries(rows.values(), by_entrant, contest))
    EditionRow.objects.bulk_create(
        (
            EditionRow(
                edition=edition,
                entrant_id=entrant,
                attempt_id=by_entrant[entrant].attempt_id,
                score=by_entrant[entrant].value,
                low=by_entrant[entrant].low,
                high=by_entrant[entrant].high,
                **asdict(place),
            )
            for entrant, place in _in_order(where)
        ),
        batch_size=BATCH,
    )
    return edition


def _made(contest: Contest, kind: EditionKind, *, at: datetime) -> Edition:
    last = contest.editions.aggregate(last=Max("number"))["last"] or 0
    return Edition.objects.create(
        contest=contest,
        number=last + 1,
        kind=kind,
        scorer_version=contest.scorer_version,
        truth_id=contest.truth_id,
        made_at=at,
    )


def _entries(
    rows: Iterable[BoardRow], scores: Mapping[int, Score], contest: Contest
) -> Iterable[Entry]:
    sign = 1.0 if contest.greater_is_better else -1.0
    for row in rows:
        if score := scores.get(row.entrant_id):
            low, high = sorted((sign * score.low, sign * score.high))
            yield Entry(
                row.entrant_id,
                sign * score.value,
                low,
                high,
                row.reached_at,
                row.is_baseline,
            )


def _in_order(where: Mapping[int, Place]) -> list[tuple[int, Place]]:
    return sorted(where.items(), key=lambda each: each[1].place)
