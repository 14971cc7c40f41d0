"""What the site holds on people, said once: what, why, how long, and what erasure does.

Each room says it of its own tables, in its `personal.py`, and `marketplace.privacy` reads
them all: for the page that tells people, for the copy somebody asks for of theirs, for
erasing an account, and for forgetting what is over its time. A test finds columns that
nobody spoke for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext, gettext_noop, ngettext

from marketplace.kit.words import Words

Person = Any  # `accounts.User`, which the kit does not know


class AtErasure(StrEnum):
    """What becomes of it when an account is erased, as people read it."""

    GOES = gettext_noop("It is deleted.")
    EMPTIED = gettext_noop("What names you in it is taken out.")
    STAYS = gettext_noop("It stays, signed with a pseudonym that leads to nobody.")

    @property
    def said(self) -> str:
        return gettext(self.value)


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of one table that tell of a person.

    Attributes:
        model: the table.
        columns: the columns that are spoken for here.
        person: the lookup from a row to whom it tells of; none, if they have no account.
        only: which rows; all, without it.
        emptied: what stands in columns once they are emptied.
        shown: what a person's copy holds of a row; None is all but secrets. Of a row that
            is about others, and that the person only signed, it is the least.
    """

    model: type[Model]
    columns: tuple[str, ...]
    person: str = ""
    only: Q = field(default_factory=Q)
    emptied: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] | None = None

    def of(self, person: Person) -> QuerySet[Model]:
        """Return the rows that tell of somebody."""
        return QuerySet[Model](self.model).filter(self.only, **{self.person: person.pk})


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long rows of a table are kept; then they go, or columns of them are emptied.

    Attributes:
        model: the table.
        age: the column that says how old a row is.
        days: days, or the field of `Environment` that an operator sets them with.
        since: what `age` is, as people read it.
        of: which of what is held, if not all of it, as people read it.
        only: which rows; all, without it.
        emptied: what is written over columns; without it rows are deleted.
    """

    model: type[Model]
    age: str
    days: float | str
    since: Words
    of: Words = ""
    only: Q = field(default_factory=Q)
    emptied: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """How long, as people read it: `the address: 180 days after you agreed`."""
        of = f"{self.of}: " if self.of else ""
        if not self.span:
            return of + gettext("until %(since)s") % {"since": self.since}
        minutes = round(self.span / timedelta(minutes=1))
        days, rest = divmod(minutes, 24 * 60)
        said = (
            ngettext(
                "%(n)s minute after %(since)s", "%(n)s minutes after %(since)s", minutes
            )
            if rest
            else ngettext(
                "%(n)s day after %(since)s", "%(n)s days after %(since)s", days
            )
        )
        return of + said % {"n": minutes if rest else days, "since": self.since}

    @property
    def span(self) -> timedelta:
        days = self.days
        if isinstance(days, str):
            days = getattr(settings.STOA, days)
        return timedelta(days=days)

    def overdue(self, *, at: datetime) -> QuerySet[Model]:
        """Return the rows whose time is over, those emptied before aside."""
        rows = QuerySet[Model](self.model).filter(
            self.only, **{f"{self.age}__lt": at - self.span}
        )
        full = Q()
        for column, nothing in self.emptied.items():
            full |= (
                Q(**{f"{column}__isnull": False})
                if nothing is None
                else ~Q(**{column: nothing})
            )
        return rows.filter(full)


@dataclass(frozen=True, slots=True)
class Held:
    """One row of the table that people read."""

    what: Words
    why: Words
    at_erasure: AtErasure
    parts: tuple[Part, ...]
    lasts: tuple[Lasts, ...] = ()
    note: Words = ""
    for_a_while: Words = ""  # how long, where no row's age says it

    @property
    def how_long(self) -> list[str]:
        """How long it is kept, as people read it."""
        if self.lasts:
            return [lasts.said for lasts in self.lasts]
        if self.for_a_while:
            return [str(self.for_a_while)]
        is_for_good = self.at_erasure == AtErasure.STAYS
        return [
            gettext("for good") if is_for_good else gettext("while you have an account")
        ]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What somebody has to settle before their account can go, and where."""

    said: str
    path: str


@dataclass(frozen=True, slots=True)
class Erasing:
    """One account being erased: as what it goes on, and what its owner chose."""

    at: datetime
    pseudonym: str
    names: frozenset[str]
    removes_words: bool


def _nothing_stands(person: Person) -> Iterable[Obstacle]:  # noqa: ARG001  the shape
    return ()


def _nothing_more(person: Person, erasing: Erasing) -> int:  # noqa: ARG001  the shape
    return 0


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What one room holds, and does beyond what its table says.

    Attributes:
        room: its name, for the folders of a copy.
        held: its rows of the table.
        obstacles: what of it stands in the way of erasing somebody.
        erase: what no row says; called before the rows' own erasures. Returns how many
            words it took out of the audit trail.
    """

    room: str
    held: tuple[Held, ...]
    obstacles: Callable[[Person], Iterable[Obstacle]] = _nothing_stands
    erase: Callable[[Person, Erasing], int] = _nothing_more
