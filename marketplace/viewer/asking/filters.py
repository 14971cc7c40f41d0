"""A filter and an order as syntax trees, and how they are written.

What is written is what Hugging Face's dataset viewer takes as `where` and `orderby`;
`grammar` reads it. Trees are data: they compare by value, and hold no SQL.
"""

from dataclasses import dataclass
from enum import StrEnum

Literal = str | int | float | bool


class Operator(StrEnum):
    """How two values are compared, as it is written."""

    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Pattern(StrEnum):
    """How a text is looked at, as it is written."""

    LIKE = "LIKE"
    ILIKE = "ILIKE"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    REGEXP = "regexp_matches"

    @property
    def is_word(self) -> bool:
        """Whether it stands between its operands, and not before them."""
        return self in {Pattern.LIKE, Pattern.ILIKE}


@dataclass(frozen=True, slots=True)
class Name:
    """Another column, where a literal could stand."""

    column: str


@dataclass(frozen=True, slots=True)
class Compare:
    column: str
    operator: Operator
    value: Literal | Name


@dataclass(frozen=True, slots=True)
class Like:
    """A text against a pattern: `%`, `_` for the first two, RE2 for the last."""

    column: str
    pattern: Pattern
    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    column: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """From `low` to `high`, with both."""

    column: str
    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Missing:
    column: str


@dataclass(frozen=True, slots=True)
class Not:
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """Two conditions or more that all hold."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """Two conditions or more of which one holds."""

    conditions: "tuple[Condition, ...]"


Test = Compare | Like | OneOf | Between | Missing
Condition = Test | Not | Every | Some


@dataclass(frozen=True, slots=True)
class Order:
    """By a column; what is missing comes last either way."""

    column: str
    descends: bool = False


def written(condition: Condition) -> str:
    """Return a tree as it is written; reading that gives the same tree."""
    match condition:
        case Not(inner):
            return f"NOT {_grouped(inner)}"
        case Every(conditions):
            return " AND ".join(map(_grouped, conditions))
        case Some(conditions):
            return " OR ".join(map(_grouped, conditions))
        case _:
            return _test(condition)


def written_order(orders: tuple[Order, ...]) -> str:
    return ", ".join(
        f"{_name(each.column)} {'DESC' if each.descends else 'ASC'}" for each in orders
    )


def _grouped(condition: Condition) -> str:
    said = written(condition)
    return f"({said})" if isinstance(condition, Every | Some) else said


def _test(test: Test) -> str:
    column = _name(test.column)
    match test:
        case Compare(_, operator, value):
            return f"{column} {operator} {_literal(value)}"
        case Like(_, pattern, text) if pattern.is_word:
            return f"{column} {pattern} {_literal(text)}"
        case Like(_, pattern, text):
            return f"{pattern}({column}, {_literal(text)})"
        case OneOf(_, values):
            return f"{column} IN ({', '.join(map(_literal, values))})"
        case Between(_, low, high):
            return f"{column} BETWEEN {_literal(low)} AND {_literal(high)}"
        case Missing():
            return f"{column} IS NULL"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(value: Literal | Name) -> str:
    if isinstance(value, Name):
        return _name(value.column)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
