"""Filters that people put together from menus: a column, how, and a value."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.kit.words import Words
from marketplace.viewer.asking.columns import Column, Kind
from marketplace.viewer.asking.filters import (
    Compare,
    Condition,
    Every,
    Like,
    Literal,
    Missing,
    Not,
    Operator,
    Pattern,
)
from marketplace.viewer.asking.grammar import FilterMalformed

MOST_CHOICES = 20


class How(StrEnum):
    """What a menu offers to ask of a column; the value is what programs send."""

    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE = "more"
    LESS = "less"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MISSING = "missing"
    THERE = "there"

    @property
    def label(self) -> Words:
        return LABELS[self]

    @property
    def takes_value(self) -> bool:
        return self not in {How.MISSING, How.THERE}


LABELS = {
    How.IS: _("is"),
    How.IS_NOT: _("is not"),
    How.AT_LEAST: _("is at least"),
    How.AT_MOST: _("is at most"),
    How.MORE: _("is more than"),
    How.LESS: _("is less than"),
    How.CONTAINS: _("contains"),
    How.STARTS_WITH: _("starts with"),
    How.ENDS_WITH: _("ends with"),
    How.MISSING: _("is missing"),
    How.THERE: _("is not missing"),
}
OPERATORS = {
    How.IS: Operator.EQUAL,
    How.IS_NOT: Operator.UNEQUAL,
    How.AT_LEAST: Operator.AT_LEAST,
    How.AT_MOST: Operator.AT_MOST,
    How.MORE: Operator.MORE,
    How.LESS: Operator.LESS,
}
PATTERNS = {
    How.CONTAINS: Pattern.CONTAINS,
    How.STARTS_WITH: Pattern.STARTS_WITH,
    How.ENDS_WITH: Pattern.ENDS_WITH,
}
_EITHER = (How.IS, How.IS_NOT)
_ABSENCE = (How.MISSING, How.THERE)
OFFERED = {
    Kind.NUMBER: (*OPERATORS, *_ABSENCE),
    Kind.MOMENT: (*OPERATORS, *_ABSENCE),
    Kind.TEXT: (*PATTERNS, *_EITHER, *_ABSENCE),
    Kind.BOOLEAN: (*_EITHER, *_ABSENCE),
    Kind.LABEL: (*_EITHER, *_ABSENCE),
    Kind.MEDIA: _ABSENCE,
    Kind.NESTED: _ABSENCE,
    Kind.OTHER: _ABSENCE,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menus, as it was sent."""

    column: str
    how: str
    value: str = ""


def condition_of(
    choices: Sequence[Choice], columns: Sequence[Column]
) -> Condition | None:
    """Return the filter that lines of menus make together; None if there are none.

    Raises:
        FilterMalformed: a line names no column of these, asks what it does not answer, or
            has a value of another kind.
    """
    if len(choices) > MOST_CHOICES:
        raise FilterMalformed(
            gettext("Choose %(most_choices)s conditions at most.")
            % {"most_choices": MOST_CHOICES}
        )
    known = {each.name: each for each in columns}
    found = [_condition(each, known.get(each.column)) for each in choices]
    if not found:
        return None
    return Every(tuple(found)) if found[1:] else found[0]


def _condition(choice: Choice, column: Column | None) -> Condition:
    if column is None:
        raise FilterMalformed(
            gettext("There is no column “%(column)s”.")
            % {"column": choice.column[:100]}
        )
    if choice.how not in OFFERED[column.kind]:
        offered = ", ".join(OFFERED[column.kind])
        raise FilterMalformed(
            gettext(
                "“%(column_name)s” does not answer “%(how)s”. Choose one of "
                "%(offered)s."
            )
            % {"column_name": column.name, "how": choice.how[:100], "offered": offered}
        )
    how = How(choice.how)
    if how is How.MISSING:
        return Missing(column.name)
    if how is How.THERE:
        return Not(Missing(column.name))
    if how in PATTERNS:
        return Like(column.name, PATTERNS[how], choice.value)
    read = READ.get(column.kind, str)
    return Compare(column.name, OPERATORS[how], read(choice.value))


def _number(said: str) -> Literal:
    try:
        return int(said)
    except ValueError:
        pass
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FilterMalformed(
            gettext("“%(said)s” is no number.") % {"said": said[:100]}
        )
    return number


def _truth(said: str) -> Literal:
    if said not in {"true", "false"}:
        raise FilterMalformed(gettext("Choose true or false."))
    return said == "true"


READ: dict[Kind, Callable[[str], Literal]] = {
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _truth,
}
