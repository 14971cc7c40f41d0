"""Reads fields one by one and keeps account of what became of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext

from training.contests.importers.dates import UnreadableDate, moment
from training.contests.importers.refusal import BundleRefused

TRUE = {"true", "yes", "on", "1"}
FALSE = {"false", "no", "off", "0"}
SHOWN = 80


class Fate(StrEnum):
    MAPPED = "MAPPED"
    DEFAULTED = "DEFAULTED"
    IGNORED = "IGNORED"


@dataclass(frozen=True, slots=True)
class Note:
    """What became of one field: `remark` says to what it was mapped, or why not."""

    field: str
    fate: Fate
    remark: str


@dataclass(slots=True)
class Report:
    """Every field of a bundle, in the order in which they were met."""

    notes: list[Note] = field(default_factory=list)

    def add(self, name: str, fate: Fate, remark: str) -> None:
        self.notes.append(Note(name, fate, remark))


class _Required:
    """Stands for “there is no default”."""


REQUIRED: Final = _Required()


class Fields:
    """A mapping of a description, at `at` (such as `phases[0]`) in `file`.

    Each reader takes one field, checks it and notes its fate. `finish` notes those that
    nobody asked for, so that none is left out of the report.
    """

    def __init__(self, content: Any, *, at: str, file: str, report: Report) -> None:
        if not isinstance(content, dict):
            raise BundleRefused(
                gettext("give a mapping of fields to values."), file=file, field=at
            )
        self.content: dict[str, Any] = content
        self.at = at
        self.file = file
        self.report = report
        self.seen: set[str] = set()

    def path(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def refused(self, name: str, problem: str) -> BundleRefused:
        return BundleRefused(problem, file=self.file, field=self.path(name))

    def note(self, name: str, fate: Fate, remark: str) -> None:
        self.seen.add(name)
        self.report.add(self.path(name), fate, remark)

    def has(self, name: str) -> bool:
        return self.content.get(name) is not None

    def raw(self, name: str, default: Any = REQUIRED, *, to: str) -> Any:
        """Return a field as it is, or its default; null counts as absent.

        Raises:
            BundleRefused: it is required and absent.
        """
        told = self.content.get(name)
        if told is not None:
            self.note(name, Fate.MAPPED, to)
            return told
        if isinstance(default, _Required):
            raise self.refused(name, "it is missing. Add it.")
        shown = "nothing" if default in (None, "", (), []) else str(default)
        self.note(name, Fate.DEFAULTED, f"{to}: {shown}")
        return default

    def text(
        self, name: str, default: Any = REQUIRED, *, to: str, longest: int = 0
    ) -> str:
        """Return a line or more of text; a number is taken as it would be printed."""
        told = self.raw(name, default, to=to)
        if isinstance(told, bool) or not isinstance(told, str | int | float):
            raise self.refused(name, f"give text, not {_kind(told)}.")
        plain = str(told).replace("\0", "").strip()
        if not plain and isinstance(default, _Required):
            raise self.refused(name, "it is empty. Fill it in.")
        if longest and len(plain) > longest:
            raise self.refused(
                name, f"it has {len(plain)} characters; {longest} is the most."
            )
        return plain

    def flag(self, name: str, default: bool, *, to: str) -> bool:  # noqa: FBT001  a default like the others'
        told = self.raw(name, default, to=to)
        if isinstance(told, bool):
            return told
        word = str(told).strip().casefold()
        if word in TRUE | FALSE:
            return word in TRUE
        raise self.refused(name, f"give true or false, not {_kind(told)}.")

    def whole(
        self, name: str, default: Any = REQUIRED, *, to: str, least: int = 0
    ) -> Any:
        """Return a whole number of at least `least`, or the default as it is."""
        told = self.raw(name, default, to=to)
        if told is default:
            return told
        try:
            number = int(str(told)) if not isinstance(told, bool) else None
        except ValueError:
            number = None
        if number is None or not least <= number < 2**31:
            raise self.refused(
                name, f"give a whole number from {least}, not {_kind(told)}."
            )
        return number

    def choice(
        self, name: str, default: Any = REQUIRED, *, of: tuple[str, ...], to: str
    ) -> str:
        told = self.text(name, default, to=to)
        if told not in of:
            raise self.refused(name, f"give one of {', '.join(of)}, not {told!r}.")
        return told

    def date(self, name: str, default: Any = REQUIRED, *, to: str) -> datetime | None:
        """Return a moment in UTC, or None for a default of None."""
        told = self.content.get(name)
        if told is None:
            self.raw(name, default, to=to)
            return None
        try:
            found, remark = moment(told)
        except UnreadableDate as unreadable:
            raise self.refused(name, str(unreadable)) from unreadable
        self.note(name, Fate.MAPPED, f"{to}; {remark}" if remark else to)
        return found

    def names(self, name: str, *, to: str) -> list[str]:
        """Return a list of texts, empty if the field is absent."""
        told = self.raw(name, [], to=to)
        if not isinstance(told, list):
            raise self.refused(name, f"give a list, not {_kind(told)}.")
        return [str(one) for one in told]

    def each(self, name: str, default: Any = REQUIRED) -> Iterator["Fields"]:
        """Yield the mappings of a list, or of a mapping by number as in old bundles.

        Raises:
            BundleRefused: it is something else, or empty though required.
        """
        self.seen.add(name)
        told = self.content.get(name)
        if told is None:
            told = [] if not isinstance(default, _Required) else None
        if not isinstance(told, list | dict):
            problem = "it is missing. Add it." if told is None else "give a list."
            raise self.refused(name, problem)
        if not told and isinstance(default, _Required):
            raise self.refused(name, "it is empty. Give at least one.")
        places = told if isinstance(told, dict) else dict(enumerate(told))
        for place, content in places.items():
            at = f"{self.path(name)}[{place}]"
            yield Fields(content, at=at, file=self.file, report=self.report)

    def nested(self, name: str) -> "Fields":
        self.seen.add(name)
        return Fields(
            self.content.get(name) or {},
            at=self.path(name),
            file=self.file,
            report=self.report,
        )

    def ignore(self, reasons: dict[str, str]) -> None:
        """Note fields that we know and leave out, each with its reason."""
        for name, reason in reasons.items():
            if name in self.content and name not in self.seen:
                self.note(name, Fate.IGNORED, reason)

    def finish(self) -> None:
        """Note whatever is left as unknown."""
        for name in self.content:
            if name not in self.seen:
                self.note(name, Fate.IGNORED, "no field of this format")


def _kind(told: Any) -> str:
    if isinstance(told, dict):
        return "a mapping"
    if isinstance(told, list):
        return "a list"
    return repr(told)[:SHOWN]
