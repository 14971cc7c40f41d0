"""Pages of rows, in the order of the files or as a question picks and sorts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.viewer.asking.cells import Address, Row, cell_sql, row_of, within
from marketplace.viewer.asking.columns import Column, File, Table
from marketplace.viewer.asking.engine import Asked, Limits, asking
from marketplace.viewer.asking.filters import Condition, Order
from marketplace.viewer.asking.searching import words_sql
from marketplace.viewer.asking.sql import Sql, called, condition_sql, order_sql

MOST_ROWS = 100  # of one page
PAGE_BYTES = 10 * 2**20
LARGEST = 2**63 - 1
NUMBER = (  # of a row in the split, from where its files begin
    "list_extract(CAST(? AS BIGINT[]), CAST(file_index AS BIGINT) + 1) + file_row_number"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows from an offset on, of so many that there are by the same question."""

    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a table: rows that fulfil all of it, in an order.

    `words` are looked for in all texts. Without an order, rows come as they are stored.
    """

    where: Condition | None = None
    orders: tuple[Order, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def picks(self) -> bool:
        return self.where is not None or bool(self.words)


def rows_of(
    table: Table,
    *,
    offset: int,
    length: int,
    address: Address,
    limits: Limits,
    most_bytes: int = PAGE_BYTES,
) -> list[Row]:
    """Return rows of a table by their numbers; none past its end.

    Args:
        table: some of a split's files do, if they have the rows.
        offset: the number of the first row, in the split.
        length: how many, `MOST_ROWS` at most.
        address: of the pictures and sounds in them.
        limits: see `asking`.
        most_bytes: of their JSON; see `within`.

    Raises:
        TooMuchAsked, Busy: see `asking`.

    Cost: reading the row groups that the rows lie in, and of these the pages; no others.
    """
    told = Sql.joined(", ", map(cell_sql, table.columns))
    found = []
    with asking(table.paths, limits=limits) as question:
        for file, start, low, high in _spans(table, offset, min(length, MOST_ROWS)):
            rows = question.rows(
                Sql("SELECT")
                + told
                + source(table.columns, [file])
                + Sql("WHERE file_row_number >= ? AND file_row_number < ?", (low, high))
            )
            numbered = enumerate(rows, start=start + low)
            found += [
                row_of(index, values, table.columns, address=address)
                for index, values in numbered
            ]
    return within(found, most_bytes=most_bytes)


def matching_rows(
    table: Table,
    asked: Question,
    *,
    offset: int,
    length: int,
    address: Address,
    limits: Limits,
) -> Page:
    """Return a page of the rows that a question picks, and how many it picks in all.

    Args:
        table: a whole split.
        asked: what is asked of it.
        offset: how many of them to pass over.
        length: how many, `MOST_ROWS` at most.
        address: of the pictures and sounds in them.
        limits: see `asking`; they hold for the page and the count together.

    Raises:
        FilterMalformed: the question is not about this table.
        TooMuchAsked, PatternMalformed, Busy: see `asking`.

    Cost: reading the columns that are asked about, once for the count and as far as the
    page for the page.
    """
    picked = picked_sql(table, asked)
    if not table.files:
        return Page((), 0)
    statement = Sql.joined(
        " ",
        [
            Sql("SELECT") + Sql(NUMBER, (table.starts,)),
            *(Sql(",") + cell_sql(each) for each in table.columns),
            picked,
            sorted_sql(table, asked),
            Sql("LIMIT ? OFFSET ?", (min(length, MOST_ROWS), min(offset, LARGEST))),
        ],
    )
    with asking(table.paths, limits=limits) as question:
        rows = question.rows(statement)
        total = _count(question, picked) if asked.picks else table.rows
    return Page(
        tuple(
            within(
                [
                    row_of(index, values, table.columns, address=address)
                    for index, *values in rows
                ],
                most_bytes=PAGE_BYTES,
            )
        ),
        total,
    )


def picked_sql(table: Table, asked: Question) -> Sql:
    """Return FROM and WHERE of a question.

    Raises:
        FilterMalformed: it is not about this table.
    """
    conditions = []
    if asked.where is not None:
        conditions.append(condition_sql(asked.where, table.columns).grouped)
    conditions += words_sql(asked.words, table.columns)
    found = source(table.columns, table.files)
    return (
        found + Sql("WHERE") + Sql.joined(" AND ", conditions) if conditions else found
    )


def sorted_sql(table: Table, asked: Question) -> Sql:
    """Return ORDER BY of a question, by the files where it says no more; or nothing."""
    if not asked.orders:
        return Sql("")
    told = order_sql(asked.orders, table.columns)
    return Sql("ORDER BY") + told + Sql(", file_index, file_row_number")


def source(columns: Sequence[Column], files: Sequence[File]) -> Sql:
    """Return FROM of some files, with the names that `called` gives their columns."""
    names = ", ".join(called(each) for each in columns)
    paths = [str(each.path) for each in files]
    return Sql(f"FROM read_parquet(?) AS t({names})", (paths,))


def _count(question: Asked, picked: Sql) -> int:
    ((count,),) = question.rows(Sql("SELECT count(*)") + picked)
    return int(count)


def _spans(
    table: Table, offset: int, length: int
) -> Iterator[tuple[File, int, int, int]]:
    """Yield files with some of the rows: its first row's number, and which of its own."""
    for file, start in zip(table.files, table.starts, strict=True):
        low, high = max(0, offset - start), min(file.rows, offset + length - start)
        if low < high:
            yield file, start, low, high


def bytes_of(
    table: Table, column: Column, *, index: int, limits: Limits
) -> bytes | None:
    """Return a picture or a sound, None where the row has none.

    Args:
        table: with the file that has the row.
        column: of pictures or sounds.
        index: the row's number in the split.
        limits: see `asking`.
    """
    for file, _, low, high in _spans(table, index, 1):
        with asking([str(file.path)], limits=limits) as question:
            rows: list[tuple[Any, ...]] = question.rows(
                Sql(f"SELECT struct_extract({called(column)}, 'bytes')")
                + source(table.columns, [file])
                + Sql("WHERE file_row_number >= ? AND file_row_number < ?", (low, high))
            )
        for (found,) in rows:
            return bytes(found) if found is not None else None
    return None
