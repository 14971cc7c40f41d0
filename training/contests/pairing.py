"""Compares the first of a board on the same rows: ties, ranks, and the row above.

Only workers import this module: it computes with arrays.
"""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist

from django.db import connection, transaction
from django.db.models import F

from training.contests import boards
from training.contests.columns import ranks_by_metric
from training.contests.models import BoardRow, Contest
from training.contests.verdicts import losses_of
from training.leaderboards import ladder
from training.leaderboards.ranks import wins_by_losses

MOST = 50
SET_PAIRED = """
    UPDATE contests_boardrow AS kept
    SET p_above = new.p_above, tie_low = new.tie_low, tie_high = new.tie_high
    FROM unnest(%s::bigint[], %s::float8[], %s::int[], %s::int[])
        AS new (id, p_above, tie_low, tie_high)
    WHERE kept.id = new.id
"""


def pair_board(contest_id: uuid.UUID) -> int:
    """Compare the first rows of a board by their losses; return how many.

    Ranks hold for all of these at once, at 95 %. Rows whose metric keeps no losses, and
    all behind the first 50, keep the wider bounds of their intervals.

    Nothing is compared where something else than the contest's metric ranks first.

    Cost: O(m²·n) for m rows of n losses, 0.3 seconds for 50 of 100,000.
    """
    before = Contest.objects.get(pk=contest_id)
    if not ranks_by_metric(before):
        return 0
    rows = list(
        BoardRow.objects.filter(contest=before)
        .select_related("attempt__losses")
        .order_by("place")[:MOST]
    )
    told = {row.pk: losses_of(row.attempt) for row in rows}
    lengths = {len(each) for each in told.values()}
    if before.frozen_at is not None or len(rows) < 2 or len(lengths) != 1:
        return 0
    if lengths == {0}:
        return 0
    above = [None, *(_p(told[a.pk], told[b.pk]) for a, b in pairwise(rows))]
    ranked = [row for row in rows if not row.is_baseline]
    bounds = _bounds(ranked, [told[row.pk] for row in ranked], before)
    with transaction.atomic():
        held = boards.hold(contest_id)
        if held.board_version != before.board_version or held.frozen_at is not None:
            return 0  # whoever changed it compares it, too
        between = [bounds.get(row.pk, (None, None)) for row in rows]
        lows, highs = [each[0] for each in between], [each[1] for each in between]
        with connection.cursor() as cursor:
            ids = [row.pk for row in rows]
            cursor.execute(SET_PAIRED, [ids, above, lows, highs])
        Contest.objects.filter(pk=contest_id).update(
            board_version=F("board_version") + 1
        )
    return len(rows)


def _p(better: Sequence[float], worse: Sequence[float]) -> float | None:
    """Return the chance that the row above leads so far by luck, one-sided."""
    try:
        gain = ladder.gain_of(better, worse)
    except (OverflowError, ValueError):
        return None
    if not gain.error:
        return 0.5 if gain.mean == 0 else None
    return 1 - NormalDist().cdf(gain.mean / gain.error)


def _bounds(
    ranked: Sequence[BoardRow], losses: Sequence[Sequence[float]], contest: Contest
) -> dict[int, tuple[int, int]]:
    """Return the best and worst rank of each, behind whom `ranked` leaves out."""
    if not ranked:
        return {}
    wins = wins_by_losses(losses)
    total = BoardRow.objects.filter(contest=contest, rank__isnull=False).count()
    behind = _behind(ranked, contest) if total > len(ranked) else []
    found = {}
    for number, row in enumerate(ranked):
        low = 1 + sum(bool(each) for each in wins[:, number])
        beaten = sum(bool(each) for each in wins[number])
        beaten += bisect_left(behind, _worst(row, contest))
        found[row.pk] = (min(low, row.rank or low), max(total - beaten, row.rank or 1))
    return found


def _behind(ranked: Sequence[BoardRow], contest: Contest) -> list[float]:
    """Return the best that each of the others may be, in order of merit."""
    others = BoardRow.objects.filter(contest=contest, rank__isnull=False).exclude(
        pk__in=[row.pk for row in ranked]
    )
    if contest.greater_is_better:
        return sorted(others.values_list("high", flat=True))
    return sorted(-low for low in others.values_list("low", flat=True))


def _worst(row: BoardRow, contest: Contest) -> float:
    return row.low if contest.greater_is_better else -row.high
