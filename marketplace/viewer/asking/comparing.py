"""Counts the rows that two versions of a table have in common, by content or by a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.viewer.asking.columns import Column, Kind, Table
from marketplace.viewer.asking.engine import Asked, Limits, asking
from marketplace.viewer.asking.grammar import FilterMalformed
from marketplace.viewer.asking.rows import source
from marketplace.viewer.asking.sql import Sql, called

KEYS = frozenset({Kind.NUMBER, Kind.TEXT, Kind.MOMENT})
BY_CONTENT = """
    SELECT coalesce(sum(least(coalesce(a.n, 0), coalesce(b.n, 0))), 0),
           coalesce(sum(greatest(coalesce(b.n, 0) - coalesce(a.n, 0), 0)), 0),
           coalesce(sum(greatest(coalesce(a.n, 0) - coalesce(b.n, 0), 0)), 0), 0
    FROM a FULL JOIN b ON a.h = b.h
"""
BY_KEY = """
    SELECT count(*) FILTER (WHERE a.h = b.h), count(*) FILTER (WHERE a.k IS NULL),
           count(*) FILTER (WHERE b.k IS NULL), count(*) FILTER (WHERE a.h <> b.h)
    FROM a FULL JOIN b ON a.k = b.k
"""


@dataclass(frozen=True, slots=True)
class RowsCompared:
    """Rows in both, in the newer alone, in the older alone; by a key, those changed."""

    same: int
    added: int
    removed: int
    changed: int


def rows_compared(
    before: Table, after: Table, names: Sequence[str], *, key: str, limits: Limits
) -> RowsCompared:
    """Compare all rows of two tables.

    Rows are known by a hash of 64 bits, so among a billion a few may be taken for the
    same that are not.

    Args:
        before: the older, whole.
        after: the newer, whole.
        names: columns that both have, of the same type; at least one.
        key: the one that tells rows apart; empty to compare by content alone.
        limits: see `asking`.

    Raises:
        FilterMalformed: `key` is none of them, or has a value twice or none at all.
        TooMuchAsked, Busy: see `asking`.
    """
    with asking([*before.paths, *after.paths], limits=limits) as question:
        if key:
            for table in (before, after):
                _require_key(question, table, key)
        old, new = (_hashed(table, names, key) for table in (before, after))
        both = Sql("WITH a AS") + old.grouped + Sql(", b AS") + new.grouped
        ((same, added, removed, changed),) = question.rows(
            both + Sql(BY_KEY if key else BY_CONTENT)
        )
    return RowsCompared(int(same), int(added), int(removed), int(changed))


def _hashed(table: Table, names: Sequence[str], key: str) -> Sql:
    known = {one.name: one for one in table.columns}
    cells = ", ".join(_content(known[name]) for name in names)
    found = source(table.columns, table.files)
    if key:
        return Sql(f"SELECT {called(known[key])} AS k, hash({cells}) AS h") + found
    return Sql(f"SELECT hash({cells}) AS h, count(*) AS n") + found + Sql("GROUP BY h")


def _content(column: Column) -> str:
    name = called(column)
    return f"struct_extract({name}, 'bytes')" if column.kind is Kind.MEDIA else name


def _require_key(question: Asked, table: Table, key: str) -> None:
    """Return if each row has a value of its own in a column.

    Raises:
        FilterMalformed: some have none, or the same.
    """
    column = next((one for one in table.columns if one.name == key), None)
    if column is None or column.kind not in KEYS:
        raise FilterMalformed(
            gettext("“%(key)s” is no column that could tell rows apart.")
            % {"key": key[:100]}
        )
    name = called(column)
    counted = Sql(f"SELECT count(*), count(DISTINCT {name})")
    ((rows, kinds),) = question.rows(counted + source(table.columns, table.files))
    if rows != kinds:
        raise FilterMalformed(
            gettext(
                "“%(key)s” does not tell rows apart: %(value)s of %(rows)s rows have "
                "none, or one that another has. Choose another column, or compare by "
                "content."
            )
            % {"key": key[:100], "value": f"{rows - kinds:,}", "rows": f"{rows:,}"}
        )
