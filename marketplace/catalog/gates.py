"""What a gate says and asks, and whether answers will do.

Types of fields are those of Hugging Face's cards. We guess nobody's place from their
address: `ip_location` is asked like `country`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed

LONGEST_ANSWER = 1000
YES = (True, "true", "True", "on", "1", "yes")


class FieldKind(StrEnum):
    TEXT = "TEXT"
    CHECKBOX = "CHECKBOX"
    DATE = "DATE"
    COUNTRY = "COUNTRY"
    SELECT = "SELECT"


ASKED = {
    "text": FieldKind.TEXT,
    "checkbox": FieldKind.CHECKBOX,
    "date_picker": FieldKind.DATE,
    "country": FieldKind.COUNTRY,
    "ip_location": FieldKind.COUNTRY,
    "select": FieldKind.SELECT,
}


class BadAnswer(Malformed):
    code = "bad_answer"


@dataclass(frozen=True, slots=True)
class GateField:
    label: str
    kind: FieldKind
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateText:
    """The card's `extra_gated_…`, none of which is needed."""

    heading: str = ""
    description: str = ""
    prompt: str = ""
    button: str = ""
    fields: tuple[GateField, ...] = ()


def stored(fields: Iterable[GateField]) -> list[dict[str, Any]]:
    """Return fields as JSON holds them; `fields_from` is the way back."""
    return [asdict(field) for field in fields]


def fields_from(rows: Iterable[Mapping[str, Any]]) -> tuple[GateField, ...]:
    return tuple(
        GateField(row["label"], FieldKind(row["kind"]), tuple(row["options"]))
        for row in rows
    )


def checked_answers(
    fields: Iterable[GateField], given: Mapping[str, Any]
) -> dict[str, str | bool]:
    """Return the answers to all of the fields, by label.

    Raises:
        BadAnswer: one is missing, cannot be, or was not asked; the message names it.
    """
    asked = {field.label: field for field in fields}
    for label in given:
        if label not in asked:
            raise BadAnswer(
                gettext("%(label)s: this gate does not ask that. Leave it out.")
                % {"label": label[:100]}
            )
    return {label: _answer(field, given.get(label)) for label, field in asked.items()}


def _answer(field: GateField, given: object) -> str | bool:
    if field.kind is FieldKind.CHECKBOX:
        if given not in YES:
            raise BadAnswer(
                gettext("%(field_label)s: you must agree to this to go on.")
                % {"field_label": field.label}
            )
        return True
    said = " ".join(given.split()) if isinstance(given, str) else ""
    if not said or "\0" in said or len(said) > LONGEST_ANSWER:
        raise BadAnswer(
            gettext("%(field_label)s: write 1 to %(longest_answer)s characters.")
            % {"field_label": field.label, "longest_answer": LONGEST_ANSWER}
        )
    if field.kind is FieldKind.SELECT and said not in field.options:
        raise BadAnswer(
            gettext("%(field_label)s: choose one of %(options)s.")
            % {"field_label": field.label, "options": ", ".join(field.options)}
        )
    if field.kind is FieldKind.DATE and not _is_date(said):
        raise BadAnswer(
            gettext("%(field_label)s: write a date as 2026-01-31.")
            % {"field_label": field.label}
        )
    return said


def _is_date(said: str) -> bool:
    try:
        return date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False
