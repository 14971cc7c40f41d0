"""Conditions as people say them: on the chips of a page, and in its menu."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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
    Operator.EQUAL: _("is"),
    Operator.UNEQUAL: _("is not"),
    Operator.LESS: _("is less than"),
    Operator.AT_MOST: _("is at most"),
    Operator.MORE: _("is more than"),
    Operator.AT_LEAST: _("is at least"),
    Pattern.CONTAINS: _("contains"),
    Pattern.STARTS_WITH: _("begins with"),
    Pattern.ENDS_WITH: _("ends with"),
    Pattern.LIKE: _("is like"),
    Pattern.ILIKE: _("is like, in any case,"),
    Pattern.REGEXP: _("matches"),
}


def in_words(condition: Condition) -> str:
    """Return a condition as a person reads it, such as `age is at least 30`."""
    match condition:
        case Not(Missing(column)):
            return gettext("%(column)s is there") % {"column": column}
        case Not(inner):
            return gettext("not (%(condition)s)") % {"condition": in_words(inner)}
        case Every(conditions):
            return gettext(" and ").join(map(_grouped, conditions))
        case Some(conditions):
            return gettext(" or ").join(map(_grouped, conditions))
        case _:
            return f"{condition.column} {_test(condition)}"


def _test(test: Test) -> str:
    match test:
        case Compare(_, operator, value):
            return f"{SAID[operator]} {_value(value)}"
        case Like(_, pattern, text):
            return f"{SAID[pattern]} {_value(text)}"
        case OneOf(_, values):
            return gettext("is one of %(values)s") % {
                "values": ", ".join(map(_value, values))
            }
        case Between(_, low, high):
            return gettext("is from %(low)s to %(high)s") % {
                "low": _value(low),
                "high": _value(high),
            }
        case Missing():
            return gettext("is missing")


def _grouped(condition: Condition) -> str:
    said = in_words(condition)
    return f"({said})" if isinstance(condition, Every | Some) else said


def _value(value: Literal | Name) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Name):
        return value.column
    return f"“{value}”" if isinstance(value, str) else str(value)
