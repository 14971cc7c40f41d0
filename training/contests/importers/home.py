"""Reads and writes our own bundle: `contest.yaml`, words, data and programs, by digest.

Nothing in it depends on when or where it was written, so that a contest that is
exported, imported and exported again gives the same bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import yaml
from django.utils.translation import gettext

from training.contests.importers.archive import Bundle, Part
from training.contests.importers.description import BundleFormat, Column
from training.contests.importers.document import load_mapping
from training.contests.importers.fields import Fate, Fields, Report
from training.contests.importers.home_extras import (
    ExtrasHome,
    plain_extras,
    read_extras,
)
from training.contests.importers.refusal import BundleRefused
from training.contests.several import AskedTask, WrongTasks
from training.leaderboards.columns import BoardColumn, Scheme, WrongColumns

FILE = "contest.yaml"
VERSION = 1
WORDS = ("description", "rules", "prizes")
CHUNK = 1 << 20
MOST_WORDS_BYTES = 4 * 2**20
NO_LABELS = (
    "the bundle has no labels, so nothing could be scored. Export it again with its "
    "labels; only hosts of the contest can."
)


@dataclass(frozen=True, slots=True)
class MetricsHome:
    """A contest that metrics score: what its tables mean, and where they are."""

    task: str
    metric: str
    classes: tuple[str, ...]
    id_column: str
    target_column: str
    split_column: str
    is_guarded: bool
    truth: Part | None
    inputs: Part | None
    training: Part | None
    subgroups: Part | None = None
    subgroup_title: str = ""
    asked: tuple[AskedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskHome:
    """One thing that a program scores; names are those that programs look for."""

    name: str
    scoring: Part
    ingestion: Part | None
    reference: Part | None
    reference_name: str
    inputs: Part | None
    inputs_name: str


@dataclass(frozen=True, slots=True)
class ProgramHome:
    """A contest that the host's program scores."""

    convention: str
    codename: str
    time_limit_seconds: int
    columns: tuple[Column, ...]
    tasks: tuple[TaskHome, ...]


@dataclass(frozen=True, slots=True)
class HomeDescription:
    """A contest of ours; one of `metrics` and `program` is there."""

    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime | None
    daily_limit: int
    formats: tuple[str, ...]
    words: Mapping[str, str]
    metrics: MetricsHome | None
    program: ProgramHome | None
    extras: ExtrasHome[ProgramHome]
    ranking: Scheme = Scheme.SCORE
    board: tuple[BoardColumn, ...] = ()

    @property
    def format(self) -> BundleFormat:
        return BundleFormat.HOME

    @property
    def parts(self) -> list[Part]:
        """Every file that goes into the store."""
        found: list[Part | None] = []
        if self.metrics:
            found += [self.metrics.truth, self.metrics.inputs, self.metrics.training]
            found += [self.metrics.subgroups]
        programs = [self.program, *(phase.program for phase in self.extras.phases)]
        for program in programs:
            for task in program.tasks if program else ():
                found += [task.scoring, task.ingestion, task.reference, task.inputs]
        found += self.extras.parts
        return [part for part in found if part is not None]


def is_home(bundle: Bundle) -> bool:
    return FILE in bundle.files


def read_home(bundle: Bundle) -> tuple[HomeDescription, Report]:
    """Read a bundle that was exported here.

    Raises:
        BundleRefused: a field is missing, a file is not what its digest says, or the
            labels were left out.
    """
    report = Report()
    content = load_mapping(bundle.text(FILE), file=FILE)
    fields = Fields(content, at="", file=FILE, report=report)
    if fields.whole("stoa", to="which format this is") != VERSION:
        raise fields.refused("stoa", f"only version {VERSION} is known here.")
    _check_digests(bundle, fields)
    starts_at = fields.date("starts_at", to="when it starts")
    ends_at = fields.date("ends_at", None, to="when it ends")
    assert starts_at is not None  # noqa: S101  it is required
    if ends_at is not None and ends_at <= starts_at:
        raise fields.refused("ends_at", "it must be after starts_at.")
    metrics = _metrics(bundle, fields) if fields.has("metrics") else None
    program = _program(bundle, fields) if fields.has("program") else None
    if (metrics is None) == (program is None):
        raise fields.refused("metrics", "give either metrics or a program.")
    extras = read_extras(bundle, fields, program=_program)
    described = HomeDescription(
        title=_exact(fields, "title", to="title"),
        summary=_exact(fields, "summary", to="summary"),
        starts_at=starts_at,
        ends_at=ends_at,
        daily_limit=fields.whole("daily_limit", to="submissions a day", least=1),
        formats=tuple(fields.names("formats", to="what may be handed in")),
        words={name: _words(bundle, name, report) for name in (*WORDS, *extras.words)},
        metrics=metrics,
        program=program,
        extras=extras,
        **_board(fields),
    )
    fields.finish()
    return described, report


def _board(fields: Fields) -> dict[str, Any]:
    """Return what the board shows and ranks by; bundles of before do not say."""
    if not fields.has("board"):
        return {}
    own = fields.nested("board")
    of = tuple(each.value for each in Scheme)
    ranking = own.choice("ranking", of=of, to="by what the board ranks")
    told = own.raw("columns", to="columns of the board")
    own.finish()
    try:
        columns = tuple(BoardColumn.from_json(each) for each in told)
    except (TypeError, WrongColumns) as wrong:
        raise own.refused("columns", str(wrong)) from wrong
    return {"ranking": Scheme(ranking), "board": columns}


def _exact(fields: Fields, name: str, *, to: str) -> str:
    """Return a text to the letter, blanks and all."""
    told = fields.raw(name, to=to)
    if not isinstance(told, str):
        raise fields.refused(name, "give text.")
    return told


def _words(bundle: Bundle, name: str, report: Report) -> str:
    path = f"words/{name}.md"
    if path not in bundle.files:
        report.add(path, Fate.DEFAULTED, "nothing")
        return ""
    report.add(path, Fate.MAPPED, name)
    try:
        return bundle.read(path, most_bytes=MOST_WORDS_BYTES).decode()
    except UnicodeDecodeError as broken:
        raise BundleRefused(gettext("it is not UTF-8."), file=path) from broken


def _check_digests(bundle: Bundle, fields: Fields) -> None:
    told = fields.raw("files", to="digests of the files, which agree")
    if not isinstance(told, dict):
        raise fields.refused("files", "give a mapping of paths to digests.")
    unlisted = bundle.files.keys() - told.keys() - {FILE}
    if unlisted:
        listed = ", ".join(sorted(unlisted)[:5])
        raise fields.refused("files", f"{listed}: it is there and not listed.")
    for path, digest in told.items():
        if path not in bundle.files:
            raise fields.refused("files", f"{path} is listed and not there.")
        if _digest_of(bundle, path) != digest:
            raise BundleRefused(
                gettext(
                    "it is not what contest.yaml says (its SHA-256 differs). Export the "
                    "contest again."
                ),
                file=path,
            )


def _digest_of(bundle: Bundle, path: str) -> str:
    digest = hashlib.sha256()
    with bundle.unpacking(path) as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _file(bundle: Bundle, fields: Fields, name: str, *, to: str) -> Part | None:
    if not fields.has(name):
        fields.raw(name, None, to=to)
        return None
    path = _exact(fields, name, to=to)
    return bundle.part(path, file=FILE, field=fields.path(name))


def _metrics(bundle: Bundle, fields: Fields) -> MetricsHome:
    own = fields.nested("metrics")
    found = MetricsHome(
        task=_exact(own, "task", to="task"),
        metric=_exact(own, "metric", to="metric"),
        classes=tuple(own.names("classes", to="classes")),
        id_column=_exact(own, "id_column", to="column of ids"),
        target_column=_exact(own, "target_column", to="column of labels"),
        split_column=_exact(own, "split_column", to="column that says public"),
        is_guarded=own.flag("is_guarded", default=False, to="whether it is guarded"),
        truth=_file(bundle, own, "truth", to="labels, held back"),
        inputs=_file(bundle, own, "inputs", to="inputs"),
        training=_file(bundle, own, "training", to="rows to learn from"),
        subgroups=_file(bundle, own, "subgroups", to="subgroups of the rows"),
        subgroup_title=_exact(own, "subgroup_title", to="what they are called")
        if own.has("subgroup_title")
        else "",
        asked=_asked(own),
    )
    own.finish()
    if found.truth is None:
        raise own.refused("truth", NO_LABELS)
    return found


def _asked(fields: Fields) -> tuple[AskedTask, ...]:
    """Return the tasks of a contest that has several."""
    if not fields.has("asked"):
        return ()
    told = fields.raw("asked", to="its tasks")
    try:
        return tuple(AskedTask.from_json(each) for each in told)
    except (TypeError, WrongTasks) as wrong:
        raise fields.refused("asked", str(wrong)) from wrong


def _program(bundle: Bundle, fields: Fields) -> ProgramHome:
    own = fields.nested("program")
    is_whole = own.flag("has_labels", default=True, to="whether labels are there")
    if not is_whole:
        raise own.refused("has_labels", NO_LABELS)
    found = ProgramHome(
        convention=own.choice(
            "convention", of=("CODABENCH", "EVALAI"), to="how it is called"
        ),
        codename=_exact(own, "codename", to="what it calls the phase"),
        time_limit_seconds=own.whole(
            "time_limit_seconds", to="seconds for a run", least=1
        ),
        columns=tuple(_column(column) for column in own.each("columns")),
        tasks=tuple(_task(bundle, task) for task in own.each("tasks")),
    )
    own.finish()
    return found


def _column(fields: Fields) -> Column:
    found = Column(
        key=_exact(fields, "key", to="a column"),
        title=_exact(fields, "title", to="its title"),
        label=_exact(fields, "label", to="what the program calls it"),
        split=_exact(fields, "split", to="its split"),
        is_greater_better=fields.flag(
            "is_greater_better", default=True, to="what is better"
        ),
        decimals=fields.whole("decimals", to="decimals"),
        is_hidden=fields.flag("is_hidden", default=False, to="who sees it"),
    )
    fields.finish()
    return found


def _task(bundle: Bundle, fields: Fields) -> TaskHome:
    scoring = _file(bundle, fields, "scoring", to="scoring program")
    if scoring is None:
        raise fields.refused("scoring", "it is missing. Add it.")
    found = TaskHome(
        name=_exact(fields, "name", to="a task's name"),
        scoring=scoring,
        ingestion=_file(bundle, fields, "ingestion", to="ingestion program"),
        reference=_file(bundle, fields, "reference", to="labels, held back"),
        reference_name=_exact(fields, "reference_name", to="their name"),
        inputs=_file(bundle, fields, "inputs", to="what submissions read"),
        inputs_name=_exact(fields, "inputs_name", to="their name"),
    )
    fields.finish()
    return found


def written(
    described: HomeDescription, *, digests: Mapping[str, str], has_labels: bool
) -> bytes:
    """Return the `contest.yaml` of a contest.

    Args:
        described: the contest; a part that is left out of the bundle is None.
        digests: the SHA-256 of every other file, by its path.
        has_labels: whether the labels are among them.
    """

    def plain(program: ProgramHome) -> dict[str, Any]:
        return {
            "has_labels": has_labels,
            "convention": program.convention,
            "codename": program.codename,
            "time_limit_seconds": program.time_limit_seconds,
            "columns": [asdict(column) for column in program.columns],
            "tasks": [_plain(task) for task in program.tasks],
        }

    content: dict[str, Any] = {
        "stoa": VERSION,
        "title": described.title,
        "summary": described.summary,
        "starts_at": described.starts_at.isoformat(),
        "ends_at": described.ends_at.isoformat() if described.ends_at else None,
        "daily_limit": described.daily_limit,
        "formats": list(described.formats),
    }
    if described.metrics:
        content["metrics"] = _plain(described.metrics)
        del content["metrics"]["asked"]
        if described.metrics.asked:
            asked = [each.as_json() for each in described.metrics.asked]
            content["metrics"]["asked"] = asked
    if described.program:
        content["program"] = plain(described.program)
    content |= plain_extras(described.extras, program=plain)
    if described.board:
        content["board"] = {
            "ranking": described.ranking.value,
            "columns": [each.as_json() for each in described.board],
        }
    content["files"] = dict(sorted(digests.items()))
    told = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100_000)
    return told.encode()


def _plain(told: MetricsHome | TaskHome) -> dict[str, Any]:
    """Return a value as YAML writes it, parts as their paths."""
    found = {}
    for name in told.__dataclass_fields__:
        value = getattr(told, name)
        if isinstance(value, Part):
            value = value.path
        found[name] = list(value) if isinstance(value, tuple) else value
    return found
