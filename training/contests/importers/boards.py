"""What the board of an imported contest shows and ranks by."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.contests.importers.description import Column
from training.contests.importers.fields import Fate, Fields
from training.leaderboards.columns import (
    BoardColumn,
    Operation,
    Scheme,
    Source,
    WrongColumns,
    check_columns,
)

OPERATIONS = {
    "sum": Operation.SUM,
    "avg": Operation.AVG,
    "min": Operation.MIN,
    "max": Operation.MAX,
}
TO_COMPUTED = "a computed column"


@dataclass(frozen=True, slots=True)
class ComputedColumn:
    """A column that is worked out from others; `of` are their keys."""

    key: str
    title: str
    operation: Operation
    of: tuple[str, ...]
    is_greater_better: bool = True
    decimals: int = 2
    is_hidden: bool = False


def board_of(
    fields: Fields, columns: Sequence[Column | ComputedColumn], *, ranks: bool
) -> tuple[BoardColumn, ...]:
    """Return the columns of a board; none where the first alone is shown.

    Hidden numbers of a program are kept for its hosts apart from the board, so they are
    not on it, and neither is what is computed of them.

    Args:
        fields: of the board, for the report.
        columns: in their order.
        ranks: whether those behind the first decide where it is equal.
    """
    hidden = {each.key for each in columns if each.is_hidden}
    found = []
    for column in columns:
        if isinstance(column, Column):
            if not column.is_hidden:
                found.append(_plain(column, ranks=ranks))
        elif hidden.isdisjoint(column.of):
            found.append(_computed(column, ranks=ranks))
        else:
            remark = "it is computed of a hidden column; let the program compute it"
            fields.note(f"columns.{column.key}", Fate.IGNORED, remark)
    if len(found) < 2:
        return ()
    shown = [each.key for each in columns if isinstance(each, Column)]
    scheme = Scheme.LEXICOGRAPHIC if ranks else Scheme.SCORE
    try:
        check_columns(found, scheme=scheme, measures={Source.METRIC: shown})
    except WrongColumns as wrong:
        remark = f"the board shows the first alone: {wrong}"
        fields.note("columns", Fate.IGNORED, remark)
        return ()
    return tuple(found)


def _plain(column: Column, *, ranks: bool) -> BoardColumn:
    return BoardColumn(
        key=column.key,
        title=column.title[:100],
        source=Source.METRIC,
        measure=column.key,
        decimals=column.decimals,
        is_greater_better=column.is_greater_better,
        ranks=ranks,
    )


def _computed(column: ComputedColumn, *, ranks: bool) -> BoardColumn:
    return BoardColumn(
        key=column.key,
        title=column.title[:100],
        source=Source.COMPUTED,
        operation=column.operation,
        of=column.of,
        decimals=column.decimals,
        is_greater_better=column.is_greater_better,
        is_hidden=column.is_hidden,
        ranks=ranks and not column.is_hidden,
    )
