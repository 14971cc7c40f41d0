"""Conditions as people say them: on the chips of a page, and in its menu."""

from django.utils.translation import gettext

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
    Pattern,
    Some,
    Test,
)

SAID = {
    Operator.EQUAL: "is",
    Operator.UNEQUAL: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least",
    Pattern.CONTAINS: "contains",
    Pattern.STARTS_WITH: "begins with",
    Pattern.ENDS_WITH: "ends with",
    Pattern.LIKE: "is like",
    Pattern.ILIKE: "is like, in any case,",
    Pattern.REGEXP: "matches",
}


def in_words(condition: Condition) -> str:
    """Return a condition as a person reads it, such as `age is at least 30`."""
    match condition:
        case Not(Missing(column)):
            return gettext("%(column)s is there") % {"column": column}
        case Not(inner):
            return f"not: {in_words(inner)}"
        case Every(conditions):
            return " and ".join(map(_grouped, conditions))
        case Some(conditions):
            return " or ".join(map(_grouped, conditions))
        case _:
            return f"{condition.column} {_test(condition)}"


def _test(test: Test) -> str:
    match test:
        case Compare(_, operator, value):
            return f"{SAID[operator]} {_value(value)}"
        case Like(_, pattern, text):
            return f"{SAID[pattern]} {_value(text)}"
        case OneOf(_, values):
            return f"is one of {', '.join(map(_value, values))}"
        case Between(_, low, high):
            return f"is from {_value(low)} to {_value(high)}"
        case Missing():
            return "is missing"


def _grouped(condition: Condition) -> str:
    said = in_words(condition)
    return f"({said})" if isinstance(condition, Every | Some) else said


def _value(value: Literal | Name) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Name):
        return value.column
    return f"“{value}”" if isinstance(value, str) else str(value)
