"""Has one split of a dataset written as Parquet, whose parts come out as they are made."""

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.runner.execution import Walled
from training.runner.inside.viewing.frames import Garbled, Unframer
from training.runner.inside.viewing.layout import PACKED, SAFE, Source
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard

READS = ("pyarrow", "orjson", "ijson", "openpyxl", "apsw")
MEMORY_BYTES = 2048 * MIB
LEAST_SECONDS = 300
BYTES_A_SECOND = MIB  # of the slowest reader, on a slow machine
PACKED_FACTOR = 8  # of time, for what is longer than it looks
WALL_FACTOR = 4  # of processor time: others work too
LEAST_OUTPUT_BYTES = 4096 * MIB
OUTPUT_FACTOR = 40
MOST_INPUTS = 200  # files that are lent one by one; more are laid one after another
MOST_TABLES = 1_000
MOST_FEATURES = 5_000
LONGEST_NAME = 200
MAGIC = b"PAR1"
CODE = re.compile(r"[a-z0-9_]{1,50}")

Lend = Callable[[str], AbstractContextManager[Path]]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a dataset: where it lies there, how large it is, and what `Lend` takes."""

    path: str
    size_bytes: int
    key: str


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file that was taken, by what `on_part` returned for it."""

    key: str
    rows: int


@dataclass(slots=True)
class Converted:
    """One table: its columns in the shape of Hugging Face's viewer, and its parts."""

    config: str
    split: str
    parts: list[Part] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    bytes_in_memory: int = 0

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no table, or none further: what to change, in which file and line."""

    code: str
    sentence: str
    path: str = ""
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Outcome:
    """The tables of a source that came whole, and what was wrong, if anything."""

    tables: list[Converted] = field(default_factory=list)
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """How what comes is taken: each part as a file, and how many bytes are done."""

    on_part: Callable[[Path], str]
    on_progress: Callable[[int], None]


def convert(
    source: Source,
    files: Mapping[str, File],
    *,
    lend: Lend,
    taking: Taking,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Outcome:
    """Write what one split is read from as Parquet.

    Args:
        source: which files, and of which kind.
        files: those of the version, by their paths.
        lend: gives a file by its key, while a block lasts.
        taking: what becomes of parts; each file is gone when its turn is over.
        sandbox: of `training.runner.sandbox.level.choose_sandbox`.
        stop: asked twice a second; True ends it.
        on_log: told what the program prints.

    Raises:
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    named = [files[path] for path in (*source.paths, *source.metadata)]
    size_bytes = sum(file.size_bytes for file in named)
    with ExitStack() as held:
        inputs, placed = _inputs(named, lend, held)
        plan = {
            "config": source.config,
            "split": source.split,
            "form": source.form,
            "paths": list(source.paths),
            "metadata": list(source.metadata),
            "labels": list(source.labels),
            "is_guessed": source.is_guessed,
            "files": placed,
        }
        spec = JobSpec(
            "viewing.convert",
            limits_for(source, size_bytes),
            inputs={"plan": json.dumps(plan).encode(), **inputs},
            packages=READS,
            is_bulk=True,
        )
        receiver = _Receiver(taking)
        unframer = Unframer(receiver.hear, receiver.keep)
        try:
            with receiver:
                Walled(sandbox, stop, on_log).hear(
                    spec, stage=Stage.READ, on_answer=unframer.take
                )
        except SubmissionFailed as fault:
            receiver.fail(Fault(fault.code, f"{_begin(source)}: {fault.message}"))
        except Garbled:
            receiver.fail(_garbled(source))
    if not receiver.has_ended and receiver.outcome.fault is None:
        receiver.fail(_garbled(source))
    return receiver.outcome


def limits_for(source: Source, size_bytes: int) -> Limits:
    """Return what reading so much may take: memory is the same, however much it is."""
    is_packed = source.form in {"zip", "excel", "parquet"} or any(
        PACKED.search(path) for path in source.paths
    )
    factor = PACKED_FACTOR if is_packed else 1
    seconds = LEAST_SECONDS + factor * size_bytes // BYTES_A_SECOND
    return Limits(
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=seconds,
        wall_seconds=float(WALL_FACTOR * seconds),
        output_bytes=LEAST_OUTPUT_BYTES + OUTPUT_FACTOR * factor * size_bytes,
    )


def _begin(source: Source) -> str:
    more = len(source.paths) - 1
    return source.paths[0] + (f" and {more:,} more" if more else "")


def _garbled(source: Source) -> Fault:
    return Fault(
        "garbled_answer",
        f"{_begin(source)}: it was read, and the answer makes no sense; tell the operator.",
    )


def _inputs(
    files: Sequence[File], lend: Lend, held: ExitStack
) -> tuple[dict[str, Path], list[list[Any]]]:
    """Return what a job reads, by name, and where in it each file lies."""
    if len(files) <= MOST_INPUTS:
        paths = [held.enter_context(lend(file.key)) for file in files]
        names = [f"file{number}" for number in range(len(files))]
        placed = [
            [file.path, name, 0, file.size_bytes]
            for file, name in zip(files, names, strict=True)
        ]
        return dict(zip(names, paths, strict=True)), placed
    joined = tempfile.NamedTemporaryFile()  # noqa: SIM115  while the caller holds it
    held.enter_context(joined)
    placed, place = [], 0
    for file in files:
        with lend(file.key) as path, path.open("rb") as source:
            _copy(source, joined)
        placed.append([file.path, "joined", place, file.size_bytes])
        place += file.size_bytes
    joined.flush()
    return {"joined": Path(joined.name)}, placed


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(MIB):
        target.write(chunk)


class _Receiver:
    """Takes the frames of a program, believing none of them."""

    def __init__(self, taking: Taking) -> None:
        self.outcome = Outcome()
        self.has_ended = False
        self._taking = taking
        self._table: Converted | None = None
        self._part: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None

    def fail(self, fault: Fault) -> None:
        self.outcome.fault = self.outcome.fault or fault

    def keep(self, piece: memoryview) -> None:
        if self._part is None:
            raise Garbled("a piece of no file")
        self._part.write(piece)

    def hear(self, event: dict[str, Any]) -> None:
        match event.get("event"):
            case "progress":
                self._taking.on_progress(_count(event.get("done_bytes")))
            case "table":
                self._begin(event)
            case "part":
                self._part = tempfile.NamedTemporaryFile()  # noqa: SIM115  until it ends
            case "part_ends":
                self._end_part(_count(event.get("rows")))
            case "table_ends":
                self._end(event)
            case "failed":
                self.fail(_fault_of(event))
            case "end":
                self.has_ended = True
            case _:
                raise Garbled("an event that there is not")

    def _begin(self, event: dict[str, Any]) -> None:
        if len(self.outcome.tables) >= MOST_TABLES:
            raise Garbled("tables without end")
        self._table = Converted(_name(event.get("config")), _name(event.get("split")))

    def _end_part(self, rows: int) -> None:
        part, table = self._part, self._table
        if part is None or table is None:
            raise Garbled("the end of no part")
        self._part = None
        with part:
            part.flush()
            part.seek(0)
            if part.read(len(MAGIC)) != MAGIC:
                raise Garbled("a part that is no Parquet")
            table.parts.append(Part(self._taking.on_part(Path(part.name)), rows))

    def _end(self, event: dict[str, Any]) -> None:
        table = self._table
        if table is None or not table.parts or _count(event.get("rows")) != table.rows:
            raise Garbled("rows that do not add up")
        table.features = _features(event.get("features"))
        table.bytes_in_memory = _count(event.get("bytes_in_memory"))
        self.outcome.tables.append(table)
        self._table = None


def _count(told: Any) -> int:
    if type(told) is not int or not 0 <= told < 2**62:
        raise Garbled("a count that is none")
    return told


def _features(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told, list) or len(told) > MOST_FEATURES:
        raise Garbled("columns without end")
    try:
        return [
            {
                "feature_idx": place,
                "name": storable(str(one["name"])),
                "type": storable(one["type"]),
            }
            for place, one in enumerate(told)
        ]
    except (KeyError, TypeError, ValueError) as torn:
        raise Garbled("a column that is none") from torn


def _name(told: Any) -> str:
    return SAFE.sub("_", str(told))[:LONGEST_NAME] or "default"


def _fault_of(event: dict[str, Any]) -> Fault:
    code, line = str(event.get("code")), event.get("line")
    return Fault(
        code if CODE.fullmatch(code) else "unreadable",
        storable(str(event.get("sentence", "")))[:2_000],
        storable(str(event.get("path", "")))[:1_024],
        line if type(line) is int and line > 0 else None,
    )


def storable(told: Any) -> Any:
    """Return JSON that a database takes: no NUL, and no number that is none."""
    plain = json.dumps(told, allow_nan=False).replace("\\u0000", "\\ufffd")
    return json.loads(plain)
