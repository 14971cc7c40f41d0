"""How a file of predictions for a contest may look: told, shown, and looked at early."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.contests.models import Task
from training.contests.several import Asks
from training.kinds import METRIC_FACTS, Kind
from training.kinds.columns import (
    ANSWERS,
    MANY_ROWS,
    NEED_COLUMNS,
    example_cells,
    layouts,
)

HEAD_BYTES = 65_536
SAMPLE_ROWS = 3
SHOWN_COLUMNS = 5
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
BINARY = (b"PAR1", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay a file out, with a few rows of it."""

    header: tuple[str, ...]
    sample: str


class WrongHeader(Malformed):
    """The columns are none of those that the contest takes."""

    code = "wrong_header"


def explained(contest: Asks) -> str:
    """Say in words what the columns of a file hold."""
    if contest.task == Task.SEVERAL:
        return gettext(
            "There is one file for each task, together in a zip or one by one."
        )
    if contest.task == Task.PROGRAM:
        return gettext("The description says what the host's program reads.")
    return gettext(ANSWERS[Kind(contest.task)])


def layouts_of(contest: Asks, *, shortened: bool = False) -> list[Layout]:
    """Return the layouts that a contest takes, the one to recommend first.

    There are none where a host's program reads the files, or each task has its own.

    Args:
        contest: whose columns, or those of one of its tasks.
        shortened: leave out columns where there are many, for a page.
    """
    found = []
    for form, columns in _layouts(contest):
        kept = columns[:SHOWN_COLUMNS] if shortened else columns
        more = ["…"] if len(kept) < len(columns) else []
        header = [contest.id_column, *kept]
        cells = example_cells(form, columns, contest.classes)[: len(kept)]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*header, *more])
        is_many = Kind(contest.task) in MANY_ROWS
        for row in range(1, SAMPLE_ROWS + 1):
            name = f"id-{(row + is_many) // (1 + is_many)}"
            writer.writerow([name, *_numbered(columns, cells, row), *more])
        found.append(Layout(tuple(header), out.getvalue()))
    return found


def _numbered(columns: tuple[str, ...], cells: list[str], row: int) -> Iterator[str]:
    """Yield the cells, documents by number: one comes once a query."""
    for column, cell in zip(columns, cells, strict=False):
        yield f"document-{row}" if column == "document" else cell


def _layouts(contest: Asks) -> list[tuple[str, tuple[str, ...]]]:
    if contest.task in {Task.PROGRAM, Task.SEVERAL}:
        return []
    return layouts(
        Kind(contest.task),
        classes=contest.classes,
        target=contest.target_column,
        needs_columns=METRIC_FACTS[contest.metric].needs in NEED_COLUMNS,
    )


def check_header(contest: Asks, file: BinaryIO) -> None:
    """Look at the start of a file of predictions, before it counts against a quota.

    Parquet and NPZ say their columns elsewhere; a worker reads those.

    Raises:
        WrongHeader: the columns are not the contest's; says what they should be.
        Malformed: the file is compressed, or is no text.
    """
    wanted = [[contest.id_column, *columns] for _, columns in _layouts(contest)]
    if not wanted:
        return
    head = file.read(HEAD_BYTES)
    if head.startswith(COMPRESSED):
        raise Malformed(gettext("file: it is compressed; unpack it and hand that in."))
    if head.startswith(BINARY):
        return
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    if len(line) == HEAD_BYTES:
        return  # a worker sees the whole of it
    try:
        names = _names_in(line.decode())
    except ValueError as problem:
        raise Malformed(
            gettext("file: its first line is neither CSV nor JSON.")
        ) from problem
    if not any(set(each) <= set(names) for each in wanted):
        told = " or ".join(f"“{_shown(each)}”" for each in wanted)
        raise WrongHeader(
            gettext("file: its columns are “%(names)s”; wanted %(told)s.")
            % {"names": _shown(names), "told": told}
        )


def _names_in(line: str) -> list[str]:
    if line.startswith("{"):
        first = json.loads(line)
        return list(first)
    return next(csv.reader([line.rstrip("\r")]), [])


def _shown(names: list[str]) -> str:
    return ",".join(names[:13]) + (",…" if len(names) > 13 else "")
