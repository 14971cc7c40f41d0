"""Many rows written at once, without an object and a line of SQL for each of them.

`bulk_create` takes 0.1 ms of a core for a row, which is half a minute for a version of
100,000 files. These take plain tuples, and PostgreSQL checks what is in them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models
from psycopg.sql import SQL, Identifier

AT_ONCE = 10_000
COPY = SQL("COPY {} ({}) FROM STDIN")
INSERT = SQL(
    "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS each "
    "ON CONFLICT DO NOTHING RETURNING {}"
)
Row = TypeVar("Row")


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows by PostgreSQL's COPY; none of them may be there already.

    Args:
        model: whose rows they are.
        columns: what is given of each; the database knows the rest, such as its number.
        rows: read once, and never all in memory.

    Raises:
        IntegrityError: one breaks a constraint; none is written.
    """
    table = Identifier(model._meta.db_table)  # noqa: SLF001  documented
    statement = COPY.format(table, SQL(", ").join(map(Identifier, columns)))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_new(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, Any],
    returning: str,
) -> list[Any]:
    """Write those rows that no constraint says are there already.

    Args:
        model: whose rows they are.
        columns: what is given of each; the database knows the rest, such as its number.
        rows: in the same order in each process, so that no two wait for each other.
        same: what all of them have in common, by column.
        returning: a column.

    Returns:
        That column of each row written.

    Cost: a query for every ten thousand.
    """
    options = model._meta  # noqa: SLF001  documented
    types = {name: _type_of(options.get_field(name)) for name in (*same, *columns)}
    sql = INSERT.format(
        Identifier(options.db_table),
        SQL(", ").join(map(Identifier, types)),
        SQL(", ").join([*(SQL(f"%s::{types[name]}") for name in same), SQL("each.*")]),
        SQL(", ").join(SQL(f"%s::{types[name]}[]") for name in columns),
        Identifier(returning),
    ).as_string()
    written: list[Any] = []
    with connection.cursor() as cursor:
        for some in in_batches(rows, AT_ONCE):
            arrays = (list(column) for column in zip(*some, strict=True))
            cursor.execute(sql, [*same.values(), *arrays])
            written.extend(value for (value,) in cursor.fetchall())
    return written


def in_batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield the rows in lists of `size`; the last may be shorter."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _type_of(field: Any) -> str:
    """Return a column's type without its length: by that, a cast would cut a text."""
    kind: str = field.db_type(connection)
    return kind.partition("(")[0]
