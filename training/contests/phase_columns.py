"""What the board of a phase shows beside the score: the columns of its contest."""

from collections.abc import Sequence

from training.contests.columns import (
    Packed,
    columns_of,
    default_columns,
    packed_numbers,
    shown_columns,
)
from training.contests.models import Attempt, Contest, PhaseRow
from training.leaderboards.columns import BoardColumn


def beside(
    contest: Contest, rows: Sequence[PhaseRow], *, is_host: bool
) -> tuple[tuple[BoardColumn, ...], dict[int, Packed]]:
    """Return the columns that somebody sees, and what these rows have in them.

    Args:
        contest: of the phase.
        rows: of one page of its board.
        is_host: for who runs the contest; everyone else does not see hidden ones.

    Returns:
        The columns, and `[value, low, high]` by their keys for each row by its id.

    Cost: two queries, and none without rows.
    """
    seen = shown_columns(contest, is_host=is_host)
    if not rows or not seen:
        return seen, {}
    attempts = Attempt.objects.filter(pk__in=[row.attempt_id for row in rows])
    packed = packed_numbers(
        contest,
        attempts.select_related("run", "submission"),
        columns=columns_of(contest) or default_columns(contest),
    )
    keys = {each.key for each in seen}
    told = {
        row.pk: {
            key: number
            for key, number in packed.get(row.attempt_id, {}).items()
            if key in keys
        }
        for row in rows
    }
    return seen, told
