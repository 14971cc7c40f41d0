"""What our own bundle tells beside words, data and programs: phases, pages, who enters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, TypeVar

from training.contests.importers.archive import Bundle, Part
from training.contests.importers.fields import Fields

Program = TypeVar("Program")


@dataclass(frozen=True, slots=True)
class EntryHome:
    """Who may enter and what a team may do; as a contest has them."""

    registration: str = "OPEN"
    email_domains: tuple[str, ...] = ()
    max_team_size: int = 1
    total_limit: int | None = None
    allows_practice: bool = False
    inputs_hidden_until: datetime | None = None
    board_hidden_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageHome:
    """A page; its text is among the words, as `pages/` and its address."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class NewsHome:
    """An announcement; its text is among the words, as `news/` and its number."""

    title: str
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class KitHome:
    """A starting kit: a file of the bundle, or a commit of a repository."""

    name: str
    file: Part | None
    repository: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class PhaseHome(Generic[Program]):
    """A phase; with a `truth` or a `program` of its own it has a board of its own."""

    name: str
    starts_at: datetime
    ends_at: datetime | None
    daily_limit: int
    total_limit: int | None
    formats: tuple[str, ...]
    counts: bool
    carries: bool
    board_hidden_until: datetime | None
    split_column: str
    truth: Part | None
    inputs: Part | None
    program: Program | None


@dataclass(frozen=True, slots=True)
class ExtrasHome(Generic[Program]):
    """All of it; of a bundle that tells nothing of it, what contests have anyway."""

    entry: EntryHome = EntryHome()
    pages: tuple[PageHome, ...] = ()
    news: tuple[NewsHome, ...] = ()
    kits: tuple[KitHome, ...] = ()
    phases: tuple[PhaseHome[Program], ...] = ()

    @property
    def parts(self) -> list[Part | None]:
        """Every file of it."""
        found = [kit.file for kit in self.kits]
        for phase in self.phases:
            found += [phase.truth, phase.inputs]
        return found

    @property
    def words(self) -> list[str]:
        """The names of its texts among the words of the bundle."""
        news = [f"news/{number:03}" for number in range(1, len(self.news) + 1)]
        return [f"pages/{page.slug}" for page in self.pages] + news


def read_extras(
    bundle: Bundle, fields: Fields, *, program: Callable[[Bundle, Fields], Program]
) -> ExtrasHome[Program]:
    """Read what is told; a bundle from before these were written tells nothing.

    Args:
        bundle: that has the files.
        fields: of its description.
        program: reads a phase's own program.

    Raises:
        BundleRefused: a field is wrong, or names what is not there.
    """
    return ExtrasHome(
        entry=_entry(fields.nested("entry")) if fields.has("entry") else EntryHome(),
        pages=tuple(_page(one) for one in fields.each("pages", [])),
        news=tuple(_news(one) for one in fields.each("announcements", [])),
        kits=tuple(_kit(bundle, one) for one in fields.each("kits", [])),
        phases=tuple(
            _phase(bundle, one, program=program) for one in fields.each("phases", [])
        ),
    )


def plain_extras(
    extras: ExtrasHome[Program], *, program: Callable[[Program], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return it as YAML writes it, with files as their paths.

    Args:
        extras: what there is.
        program: writes a phase's own program.
    """
    phases = []
    for phase in extras.phases:
        told = _plain(phase)
        told["program"] = program(phase.program) if phase.program is not None else None
        phases.append(told)
    return {
        "entry": _plain(extras.entry),
        "pages": [_plain(one) for one in extras.pages],
        "announcements": [_plain(one) for one in extras.news],
        "kits": [_plain(one) for one in extras.kits],
        "phases": phases,
    }


def _plain(told: Any) -> dict[str, Any]:
    found = {}
    for name in (each.name for each in fields(told)):
        value = getattr(told, name)
        if isinstance(value, Part):
            value = value.path
        elif isinstance(value, datetime):
            value = value.isoformat()
        found[name] = list(value) if isinstance(value, tuple) else value
    return found


def _entry(own: Fields) -> EntryHome:
    found = EntryHome(
        registration=own.choice(
            "registration",
            "OPEN",
            of=("OPEN", "APPROVED", "DOMAIN", "INVITED"),
            to="who may enter",
        ),
        email_domains=tuple(own.names("email_domains", to="whose addresses may")),
        max_team_size=own.whole("max_team_size", 1, to="people in a team", least=1),
        total_limit=own.whole("total_limit", None, to="submissions in all", least=1),
        allows_practice=own.flag("allows_practice", default=False, to="practice"),
        inputs_hidden_until=own.date(
            "inputs_hidden_until", None, to="when inputs are given out"
        ),
        board_hidden_until=own.date(
            "board_hidden_until", None, to="when the board is shown"
        ),
    )
    own.finish()
    return found


def _text(own: Fields, name: str, *, to: str) -> str:
    """Return a text to the letter, blanks and all."""
    told = own.raw(name, "", to=to)
    if not isinstance(told, str):
        raise own.refused(name, "give text.")
    return told


def _page(own: Fields) -> PageHome:
    slug = own.text("slug", to="a page's address", longest=80)
    found = PageHome(slug, _text(own, "title", to="a page's title"))
    if not all(char.isalnum() or char in "-_" for char in slug):
        raise own.refused("slug", "give letters, digits, - and _.")
    own.finish()
    return found


def _news(own: Fields) -> NewsHome:
    title = _text(own, "title", to="an announcement")
    announced_at = own.date("announced_at", to="when it was made")
    assert announced_at is not None  # noqa: S101  it is required
    own.finish()
    return NewsHome(title, announced_at)


def _kit(bundle: Bundle, own: Fields) -> KitHome:
    found = KitHome(
        name=_text(own, "name", to="a starting kit"),
        file=_file(bundle, own, "file", to="a starting kit"),
        repository=_text(own, "repository", to="whose version it is"),
        commit=_text(own, "commit", to="which version it is"),
    )
    own.finish()
    return found


def _phase(
    bundle: Bundle, own: Fields, *, program: Callable[[Bundle, Fields], Program]
) -> PhaseHome[Program]:
    starts_at = own.date("starts_at", to="when it opens")
    assert starts_at is not None  # noqa: S101  it is required
    found = PhaseHome(
        name=_text(own, "name", to="a phase"),
        starts_at=starts_at,
        ends_at=own.date("ends_at", None, to="when it ends"),
        daily_limit=own.whole("daily_limit", to="submissions a day", least=1),
        total_limit=own.whole("total_limit", None, to="submissions in all", least=1),
        formats=tuple(own.names("formats", to="what may be handed in")),
        counts=own.flag("counts", default=True, to="whether it is ranked"),
        carries=own.flag("carries", default=False, to="whether it takes the best"),
        board_hidden_until=own.date(
            "board_hidden_until", None, to="when its board is shown"
        ),
        split_column=_text(own, "split_column", to="column that says public"),
        truth=_file(bundle, own, "truth", to="labels of its own, held back"),
        inputs=_file(bundle, own, "inputs", to="inputs of its own"),
        program=program(bundle, own) if own.has("program") else None,
    )
    own.raw("program", None, to="its own program")
    own.finish()
    return found


def _file(bundle: Bundle, own: Fields, name: str, *, to: str) -> Part | None:
    path = own.raw(name, None, to=to)
    if path is None:
        return None
    if not isinstance(path, str):
        raise own.refused(name, "give a path.")
    return bundle.part(path, file=own.file, field=own.path(name))
