"""Reads `where` and `orderby` into trees, in time that grows with their length alone."""

import math
from typing import Any

from django.utils.translation import gettext
from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from marketplace.kit.errors import DomainError
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

MOST_CHARACTERS = 8_000
MOST_DIGITS = 38  # of an integer; more fit no column
DEEPEST = 40  # conditions in conditions
MOST_ORDERS = 8
GRAMMAR = r"""
where: _either
orderby: order ("," order)*
order: column [DIRECTION] [_NULLS _LAST]

_either: some
some: every (_OR every)*
every: _term (_AND _term)*
_term: negated | test | "(" _either ")"
negated: _NOT _term

test: column OPERATOR (_literal | other) -> compare
    | column [NOT] LIKE text             -> like
    | column [NOT] _IN _literals         -> one_of
    | column [NOT] _BETWEEN _literal _AND _literal -> between
    | column _IS [NOT] _NULL             -> missing
    | FUNCTION "(" column "," text ")"   -> call

_literals: "(" _literal ("," _literal)* ")"
_literal: number | text | truth
other: column
column: QUOTED | BARE
number: NUMBER
text: [_MOMENT] TEXT
truth: TRUTH

OPERATOR: "<=" | ">=" | "<>" | "!=" | "==" | "=" | "<" | ">"
QUOTED: /"(?:[^"]|"")+"/
TEXT: /'(?:[^']|'')*'/
NUMBER: /[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?/i
BARE: /[a-z_][a-z0-9_]*/i
_OR.2: /or\b/i
_AND.2: /and\b/i
_NOT.2: /not\b/i
NOT.2: /not\b/i
LIKE.2: /i?like\b/i
_IN.2: /in\b/i
_BETWEEN.2: /between\b/i
_IS.2: /is\b/i
_NULL.2: /null\b/i
_NULLS.2: /nulls\b/i
_LAST.2: /last\b/i
_MOMENT.2: /(?:date|timestamp)\b/i
TRUTH.2: /(?:true|false)\b/i
DIRECTION.2: /(?:asc|desc)\b/i
FUNCTION.2: /(?:contains|starts_with|ends_with|regexp_matches)(?=\s*\()/i
%ignore /\s+/
"""
SAME = {"==": "=", "!=": "<>"}
Deep = tuple[Condition, int]  # a condition, and how many lie in each other


class FilterMalformed(DomainError):
    """`where` or `orderby` is not in the grammar, or not about this table."""

    code = "filter_malformed"
    status = 422


def read_filter(said: str) -> Condition:
    """Return the tree of a `where`.

    Raises:
        FilterMalformed: says at which character, and what could stand there.
    """
    condition, _ = _read(said, start="where")
    found: Condition = condition
    return found


def read_order(said: str) -> tuple[Order, ...]:
    """Return what an `orderby` names, the first first.

    Raises:
        FilterMalformed: see `read_filter`.
    """
    found: tuple[Order, ...] = _read(said, start="orderby")
    return found


def _read(said: str, *, start: str) -> Any:
    if len(said) > MOST_CHARACTERS:
        raise FilterMalformed(
            gettext(
                "%(start)s: %(said)s characters are too many. Write "
                "%(most_characters)s at most."
            )
            % {
                "start": start,
                "said": f"{len(said):,}",
                "most_characters": f"{MOST_CHARACTERS:,}",
            }
        )
    try:
        return PARSER.parse(said, start=start)
    except UnexpectedInput as fault:
        raise FilterMalformed(_told(fault, said=said, start=start)) from fault
    except VisitError as fault:
        if isinstance(fault.orig_exc, FilterMalformed):
            raise fault.orig_exc from fault
        raise


def _told(fault: UnexpectedInput, *, said: str, start: str) -> str:
    place: int | None = fault.pos_in_stream  # lark says None of the class
    is_end = isinstance(fault, UnexpectedToken) and fault.token.type == "$END"
    if is_end or place is None:
        return f"{start}: it ends too early. {EXAMPLES[start]}"
    near = said[place : place + 20]
    return (
        f"{start}: at character {place + 1}, “{near}” cannot stand. {EXAMPLES[start]}"
    )


EXAMPLES = {
    "where": (
        "Write columns in double quotes and texts in single ones, such as "
        '"age" >= 30 AND NOT "name" LIKE \'A%\'.'
    ),
    "orderby": 'Write columns in double quotes, such as "age" DESC.',
}


def _deeper(conditions: list[Deep]) -> int:
    depth = 1 + max(depth for _, depth in conditions)
    if depth > DEEPEST:
        raise FilterMalformed(
            gettext(
                "where: more than %(deepest)s conditions lie in each other. Write it "
                "flatter."
            )
            % {"deepest": DEEPEST}
        )
    return depth


@v_args(inline=True)
class _Trees(Transformer[Token, Any]):
    """Builds trees while the text is read, so that none of lark's own is ever there."""

    def where(self, found: Deep) -> Deep:
        return found

    def some(self, *terms: Deep) -> Deep:
        if not terms[1:]:
            return terms[0]
        depth = _deeper(list(terms))
        return Some(tuple(condition for condition, _ in terms)), depth

    def every(self, *terms: Deep) -> Deep:
        if not terms[1:]:
            return terms[0]
        depth = _deeper(list(terms))
        return Every(tuple(condition for condition, _ in terms)), depth

    def negated(self, term: Deep) -> Deep:
        return Not(term[0]), _deeper([term])

    def compare(self, column: str, operator: Token, value: Literal | Name) -> Deep:
        known = Operator(SAME.get(operator, str(operator)))
        return Compare(column, known, value), 1

    def like(self, column: str, no: Token | None, how: Token, text: str) -> Deep:
        return _negated(Like(column, Pattern(how.upper()), text), no)

    def one_of(self, column: str, no: Token | None, *values: Literal) -> Deep:
        return _negated(OneOf(column, values), no)

    def between(
        self, column: str, no: Token | None, low: Literal, high: Literal
    ) -> Deep:
        return _negated(Between(column, low, high), no)

    def missing(self, column: str, no: Token | None) -> Deep:
        return _negated(Missing(column), no)

    def call(self, function: Token, column: str, text: str) -> Deep:
        return Like(column, Pattern(function.lower()), text), 1

    def other(self, column: str) -> Name:
        return Name(column)

    def column(self, told: Token) -> str:
        return told[1:-1].replace('""', '"') if told.type == "QUOTED" else str(told)

    def number(self, told: Token) -> int | float:
        if told.lstrip("+-").isdigit():
            if len(told) > MOST_DIGITS:
                raise FilterMalformed(
                    gettext("where: %(told)s… has too many digits.")
                    % {"told": told[:20]}
                )
            return int(told)
        if not math.isfinite(float(told)):
            raise FilterMalformed(
                gettext("where: %(told)s is more than a number can be.")
                % {"told": told[:20]}
            )
        return float(told)

    def text(self, told: Token) -> str:
        return told[1:-1].replace("''", "'")

    def truth(self, told: Token) -> bool:
        return told.lower() == "true"

    def order(self, column: str, direction: Token | None) -> Order:
        return Order(column, descends=(direction or "").lower() == "desc")

    def orderby(self, *orders: Order) -> tuple[Order, ...]:
        if len(orders) > MOST_ORDERS:
            raise FilterMalformed(
                gettext("orderby: name %(most_orders)s columns at most.")
                % {"most_orders": MOST_ORDERS}
            )
        return orders


def _negated(test: Condition, no: Token | None) -> Deep:
    return (test, 1) if no is None else (Not(test), 2)


PARSER = Lark(
    GRAMMAR,
    parser="lalr",
    start=["where", "orderby"],
    transformer=_Trees(),
    maybe_placeholders=True,
)
