"""Keeps boards as they were: before a re-scoring, and the final one of private rows."""

from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import datetime

from django.db.models import Max

from training.contests import boards
from training.contests.columns import packed_numbers, ranked_by
from training.contests.models import (
    BoardRow,
    Contest,
    Edition,
    EditionKind,
    EditionRow,
    RankingScheme,
    Score,
    Split,
)
from training.contests.ranking import Place
from training.leaderboards.columns import Number

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
                mean_rank=row.mean_rank,
                columns=row.columns,
            )
            for row in board.iterator(chunk_size=BATCH)
        ),
        batch_size=BATCH,
    )
    return edition


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


def _in_order(where: Mapping[int, Place]) -> list[tuple[int, Place]]:
    return sorted(where.items(), key=lambda each: each[1].place)
