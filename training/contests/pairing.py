"""Compares the first of a board on the same rows: ties, ranks, and the row above.

Only workers import this module: it computes with arrays.
"""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist

from django.db import transaction
from django.db.models import F, QuerySet

from training.contests import boards
from training.contests.columns import ranks_by_metric
from training.contests.models import BoardRow, Contest, EditionKind, EditionRow
from training.contests.verdicts import losses_in_blob
from training.leaderboards import ladder
from training.leaderboards.ranks import wins_by_losses

MOST = 50
PAIRED = ["p_above", "tie_low", "tie_high"]


def pair_board(contest_id: uuid.UUID) -> int:
    """Compare the first rows of a board by their losses; return how many.

    Ranks hold for all of these at once, at 95 %. Rows whose metric keeps no losses, and
    all behind the first 50, keep the wider bounds of their intervals.

    Nothing is compared where something else than the contest's metric ranks first.

    Cost: O(m²·n) for m rows of n losses, 0.3 seconds for 50 of 100,000.
    """
    before = Contest.objects.get(pk=contest_id)
    if before.frozen_at is not None or not ranks_by_metric(before):
        return 0
    board = BoardRow.objects.filter(contest=before)
    rows = list(board.select_related("attempt__losses").order_by("place")[:MOST])
    told = [losses_in_blob(row.attempt.losses) for row in rows]
    if not _compare(rows, told, board, before):
        return 0
    with transaction.atomic():
        held = boards.hold(contest_id)
        if held.board_version != before.board_version or held.frozen_at is not None:
            return 0  # whoever changed it compares it, too
        BoardRow.objects.bulk_update(rows, PAIRED)
        Contest.objects.filter(pk=contest_id).update(
            board_version=F("board_version") + 1
        )
    return len(rows)


def pair_final(contest_id: uuid.UUID) -> int:
    """Compare the first of a final edition by losses on the private rows, as a board.

    Twice is once. Cost: as `pair_board`.
    """
    contest = Contest.objects.get(pk=contest_id)
    final = EditionRow.objects.filter(
        edition__contest=contest, edition__kind=EditionKind.PRIVATE
    )
    if contest.released_at is None or not ranks_by_metric(contest):
        return 0
    rows = list(
        final.select_related("attempt__private_losses").order_by("place")[:MOST]
    )
    told = [losses_in_blob(row.attempt.private_losses) for row in rows]
    if not _compare(rows, told, final, contest):
        return 0
    EditionRow.objects.bulk_update(rows, PAIRED)
    return len(rows)


Row = BoardRow | EditionRow


def _compare(
    rows: Sequence[Row],
    losses: Sequence[Sequence[float]],
    everyone: QuerySet[BoardRow] | QuerySet[EditionRow],
    contest: Contest,
) -> bool:
    """Say in rows, unsaved, how they compare; False where that cannot be told.

    Args:
        rows: the first of `everyone`, in order.
        losses: of each.
        everyone: on this board.
        contest: whose metric ranks.
    """
    lengths = {len(each) for each in losses}
    if len(rows) < 2 or len(lengths) != 1 or lengths == {0}:
        return False
    rows[0].p_above = None
    for (_, better), (row, worse) in pairwise(zip(rows, losses, strict=True)):
        row.p_above = _p(better, worse)
    ranked = [each for each in zip(rows, losses, strict=True) if each[0].rank]
    _bound(ranked, everyone.filter(rank__isnull=False), contest)
    return True


def _p(better: Sequence[float], worse: Sequence[float]) -> float | None:
    """Return the chance that the row above leads so far by luck, one-sided."""
    try:
        gain = ladder.gain_of(better, worse)
    except (OverflowError, ValueError):
        return None
    if not gain.error:
        return 0.5 if gain.mean == 0 else None
    return 1 - NormalDist().cdf(gain.mean / gain.error)


def _bound(
    ranked: Sequence[tuple[Row, Sequence[float]]],
    everyone: QuerySet[BoardRow] | QuerySet[EditionRow],
    contest: Contest,
) -> None:
    """Say in ranked rows the best and worst rank of each, behind whom they leave out."""
    if not ranked:
        return
    wins = wins_by_losses([losses for _, losses in ranked])
    total = everyone.count()
    rows = [row for row, _ in ranked]
    behind = _behind(rows, everyone, contest) if total > len(rows) else []
    for number, row in enumerate(rows):
        low = 1 + sum(bool(each) for each in wins[:, number])
        beaten = sum(bool(each) for each in wins[number])
        beaten += bisect_left(behind, _worst(row, contest))
        row.tie_low = min(low, row.rank or low)
        row.tie_high = max(total - beaten, row.rank or 1)


def _behind(
    ranked: Sequence[Row],
    everyone: QuerySet[BoardRow] | QuerySet[EditionRow],
    contest: Contest,
) -> list[float]:
    """Return the best that each of the others may be, in order of merit."""
    others = everyone.exclude(pk__in=[row.pk for row in ranked])
    if contest.greater_is_better:
        return sorted(others.values_list("high", flat=True))
    return sorted(-low for low in others.values_list("low", flat=True))


def _worst(row: Row, contest: Contest) -> float:
    return row.low if contest.greater_is_better else -row.high
