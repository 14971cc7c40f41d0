"""Trees as SQL of DuckDB, in which a reader's words are parameters and nothing else.

The columns of a table are called `c0`, `c1`, … by their places, whatever their names are,
so not even a name becomes part of a question; only files that are written get them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.utils.translation import gettext

from marketplace.viewer.asking.columns import Column, Kind
from marketplace.viewer.asking.filters import (
    Between,
    Compare,
    Condition,
    Every,
    Like,
    Literal,
    Missing,
    Name,
    Not,
    OneOf,
    Operator,
    Order,
    Pattern,
    Some,
)
from marketplace.viewer.asking.grammar import FilterMalformed

MOST_TESTS = 200
NEARLY = 5  # columns named to somebody who asked for one that is not there
COMPARED = frozenset({Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN, Kind.MOMENT, Kind.LABEL})


@dataclass(frozen=True, slots=True)
class Sql:
    """A part of a statement, and the values of its parameters in order."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Self) -> "Sql":
        return Sql(f"{self.text} {other.text}", (*self.values, *other.values))

    @staticmethod
    def joined(separator: str, parts: Iterable["Sql"]) -> "Sql":
        told = list(parts)
        return Sql(
            separator.join(each.text for each in told),
            tuple(value for each in told for value in each.values),
        )

    @property
    def grouped(self) -> "Sql":
        return Sql(f"({self.text})", self.values)


def called(column: Column) -> str:
    """Return what a column is called in every statement."""
    return f"c{column.position:d}"


def quoted(name: str) -> str:
    """Return a name that a file is to have, as an identifier that nothing can end."""
    plain = name.replace("\0", "").replace('"', '""')
    return f'"{plain}"'


def condition_sql(condition: Condition, columns: Sequence[Column]) -> Sql:
    """Return a tree as what can stand after WHERE.

    Raises:
        FilterMalformed: it names no column of these, or compares what cannot be.
    """
    return _Compiler({each.name: each for each in columns}).of(condition)


def order_sql(orders: Sequence[Order], columns: Sequence[Column]) -> Sql:
    """Return an order as what can stand after ORDER BY.

    Raises:
        FilterMalformed: it names no column of these, or one that has no order.
    """
    known = {each.name: each for each in columns}
    parts = []
    for order in orders:
        column = _column(order.column, known)
        if column.kind not in COMPARED:
            raise FilterMalformed(
                gettext(
                    "“%(column_name)s” has no order: it holds pictures, sound, lists "
                    "or records. Sort by another column."
                )
                % {"column_name": column.name}
            )
        way = "DESC" if order.descends else "ASC"
        parts.append(Sql(f"{called(column)} {way} NULLS LAST"))
    return Sql.joined(", ", parts)


def _column(name: str, known: Mapping[str, Column]) -> Column:
    if name in known:
        return known[name]
    there = ", ".join(f"“{each}”" for each in list(known)[:NEARLY])
    more = " and others" if len(known) > NEARLY else ""
    raise FilterMalformed(
        gettext(
            "There is no column “%(name)s”. There are %(there)s%(more)s; capitals "
            "count."
        )
        % {"name": name[:100], "there": there, "more": more}
    )


@dataclass(slots=True)
class _Compiler:
    known: Mapping[str, Column]
    tests: int = 0

    def of(self, condition: Condition) -> Sql:
        match condition:
            case Not(inner):
                return Sql("NOT") + self.of(inner).grouped
            case Every(conditions):
                return Sql.joined(
                    " AND ", [self.of(each).grouped for each in conditions]
                )
            case Some(conditions):
                return Sql.joined(
                    " OR ", [self.of(each).grouped for each in conditions]
                )
            case _:
                return self._test(condition)

    def _test(self, test: Compare | Like | OneOf | Between | Missing) -> Sql:
        column = self._counted(test.column)
        match test:
            case Compare(_, operator, value):
                return self._compared(column, operator, value)
            case Like(_, pattern, text):
                return _like(column, pattern, text)
            case OneOf(_, values):
                self._count(len(values))
                marks = [_bound(column, value) for value in values]
                return Sql(f"{called(column)} IN") + Sql.joined(", ", marks).grouped
            case Between(_, low, high):
                ends = [_bound(column, low), _bound(column, high)]
                return Sql(f"{called(column)} BETWEEN") + Sql.joined(" AND ", ends)
            case Missing():
                return Sql(f"{called(column)} IS NULL")

    def _counted(self, name: str) -> Column:
        self._count(1)
        return _column(name, self.known)

    def _count(self, more: int) -> None:
        self.tests += more
        if self.tests > MOST_TESTS:
            raise FilterMalformed(
                gettext("A filter has %(most_tests)s conditions at most.")
                % {"most_tests": MOST_TESTS}
            )

    def _compared(
        self, column: Column, operator: Operator, value: Literal | Name
    ) -> Sql:
        left = Sql(f"{called(column)} {operator.value}")
        if not isinstance(value, Name):
            return left + _bound(column, value)
        other = self._counted(value.column)
        if other.kind is not column.kind or column.kind not in COMPARED:
            raise FilterMalformed(
                gettext(
                    "“%(column_name)s” and “%(other_name)s” cannot be compared with "
                    "each other."
                )
                % {"column_name": column.name, "other_name": other.name}
            )
        return left + Sql(called(other))


def _like(column: Column, pattern: Pattern, text: str) -> Sql:
    """Return a look at a text, in time that is linear in its length.

    DuckDB takes `%` in steps that never go back. With `_` beside it would try every way
    there is, so a pattern that has both is given to RE2, which never does.
    """
    if column.kind is not Kind.TEXT:
        raise FilterMalformed(
            gettext("“%(column_name)s” is no text, so it cannot be like one.")
            % {"column_name": column.name}
        )
    if not pattern.is_word:
        return Sql(f"{pattern.value}({called(column)}, ?)", (text,))
    if "_" not in text:
        return Sql(f"{called(column)} {pattern.value} ?", (text,))
    marks = {"%": ".*", "_": "."}
    regexp = "".join(marks.get(each) or re.escape(each) for each in text)
    flags = "s" if pattern is Pattern.LIKE else "is"
    return Sql(f"regexp_full_match({called(column)}, ?, '{flags}')", (regexp,))


def _bound(column: Column, literal: Literal) -> Sql:
    """Return a literal as a parameter of the column's type."""
    value = READ[column.kind](column, literal) if column.kind in READ else None
    if value is None:
        raise FilterMalformed(
            gettext(
                "“%(column_name)s” is compared with %(kind_value)s, and not with "
                "“%(literal)s”."
            )
            % {
                "column_name": column.name,
                "kind_value": column.kind.value,
                "literal": str(literal)[:100],
            }
        )
    return Sql("?", (value,))


def _number(_column: Column, literal: Literal) -> int | float | None:
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        return None
    return literal


def _text(_column: Column, literal: Literal) -> str | None:
    return literal if isinstance(literal, str) else None


def _truth(_column: Column, literal: Literal) -> bool | None:
    return literal if isinstance(literal, bool) else None


def _label(column: Column, literal: Literal) -> int | None:
    if isinstance(literal, str):
        return column.labels.index(literal) if literal in column.labels else None
    return literal if isinstance(literal, int) else None


def _moment(column: Column, literal: Literal) -> datetime | None:
    if not isinstance(literal, str):
        return None
    try:
        said = datetime.fromisoformat(literal.strip())
    except ValueError:
        return None
    moment = said if said.tzinfo else said.replace(tzinfo=UTC)
    if "tz=" in str(column.feature.get("dtype", "")):
        return moment.astimezone(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)


READ: dict[Kind, Callable[[Column, Literal], Any]] = {
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _truth,
    Kind.LABEL: _label,
    Kind.MOMENT: _moment,
}
