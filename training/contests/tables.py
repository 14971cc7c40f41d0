"""Reads the two files of a host, enough to refuse what could not be scored later."""

import csv
import io
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from marketplace.kit.errors import Malformed
from training.contests.models import Task

MOST_ROWS = 2_000_000
MOST_CLASSES = 1000
SPLITS = frozenset({"public", "private"})


class BadTable(Malformed):
    """A file of the host's is not what a contest needs; the message names the row."""

    code = "bad_table"


@dataclass(frozen=True, slots=True)
class Columns:
    """How the truth file names its columns; no `split` means every row is public."""

    id: str = "id"
    target: str = "label"
    split: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a truth file: its ids, and its classes as they are counted."""

    ids: frozenset[str]
    classes: tuple[str, ...]


def read_truth(
    source: BinaryIO, *, columns: Columns, task: Task, classes: Sequence[str] = ()
) -> Truth:
    """Check a CSV file of ids and labels.

    Args:
        source: UTF-8, with a header.
        columns: which columns mean what.
        task: whether labels are classes or numbers.
        classes: the order in which models give them, the positive one last of two; if
            empty, by number and then by name.

    Raises:
        BadTable: a column is missing, an id comes twice, a label is empty, a number is
            not finite, there are too many or too few classes or rows.
    """
    wanted = [name for name in (columns.id, columns.target, columns.split) if name]
    ids: set[str] = set()
    labels: set[str] = set()
    public_rows = 0
    for row, cells in _rows(source, "truth", wanted):
        _add_id(ids, cells[0], file="truth", row=row)
        _check_label(cells[1], task=task, row=row)
        labels.add(cells[1])
        split = cells[2] if columns.split else "public"
        if split not in SPLITS:
            raise BadTable(
                f"truth, row {row}: “{split}” in column “{columns.split}” is neither "
                "“public” nor “private”."
            )
        public_rows += split == "public"
    if not public_rows:
        raise BadTable("truth: give at least one public row.")
    found = _classes(labels, task)
    if classes and sorted(classes) != sorted(found):
        raise BadTable(
            f"truth: its classes are {', '.join(found[:20]) or 'none'}, not "
            f"{', '.join(classes[:20])}."
        )
    return Truth(frozenset(ids), tuple(classes) or found)


def check_inputs(source: BinaryIO, *, id_column: str, ids: frozenset[str]) -> None:
    """Check that a CSV file of features has exactly the rows that the truth has.

    Raises:
        BadTable: an id is missing, unknown or comes twice, or there are no features.
    """
    seen: set[str] = set()
    for row, cells in _rows(source, "inputs", [id_column], features=True):
        _add_id(seen, cells[0], file="inputs", row=row)
        if cells[0] not in ids:
            raise BadTable(f"inputs, row {row}: the truth has no id “{cells[0]}”.")
    if missing := ids - seen:
        raise BadTable(
            f"inputs: {len(missing):,} ids of the truth are missing, such as "
            f"“{min(missing)}”."
        )


def _rows(
    source: BinaryIO, file: str, wanted: Sequence[str], *, features: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row, cells of the wanted columns); rows count as a spreadsheet does."""
    text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
        places = [_place(header, name, file) for name in wanted]
        if features and len(header) < 2:
            raise BadTable(f"{file}: there is no column beside “{wanted[0]}”.")
        for row, line in enumerate(itertools.islice(reader, MOST_ROWS + 1), start=2):
            if len(line) != len(header):
                raise BadTable(
                    f"{file}, row {row}: {len(line)} cells, {len(header)} headings."
                )
            if row > MOST_ROWS + 1:
                raise BadTable(f"{file}: more than {MOST_ROWS:,} rows.")
            yield row, [line[place] for place in places]
    except UnicodeDecodeError as fault:
        raise BadTable(f"{file}: save it as CSV in UTF-8 ({fault.reason}).") from fault
    except csv.Error as fault:
        raise BadTable(f"{file}, line {reader.line_num}: {fault}.") from fault
    finally:
        text.detach()  # the file is the caller's to close


def _place(header: list[str], name: str, file: str) -> int:
    if header.count(name) != 1:
        raise BadTable(
            f"{file}: wanted one column “{name}”, found {header.count(name)}; the "
            f"headings are {', '.join(header[:20]) or 'missing'}."
        )
    return header.index(name)


def _add_id(ids: set[str], each: str, *, file: str, row: int) -> None:
    if not each or each in ids:
        problem = "comes twice" if each else "is empty"
        raise BadTable(f"{file}, row {row}: the id “{each}” {problem}.")
    ids.add(each)


def _check_label(label: str, *, task: Task, row: int) -> None:
    if not label:
        raise BadTable(f"truth, row {row}: the label is empty.")
    if task == Task.REGRESSION and not _is_finite(label):
        raise BadTable(f"truth, row {row}: “{label}” is not a finite number.")


def _classes(labels: set[str], task: Task) -> tuple[str, ...]:
    if task == Task.REGRESSION:
        return ()
    if len(labels) > MOST_CLASSES:
        raise BadTable(f"truth: {len(labels):,} classes, at most {MOST_CLASSES:,}.")
    if len(labels) < 2 or (task == Task.BINARY and len(labels) != 2):
        wanted = "two" if task == Task.BINARY else "at least two"
        raise BadTable(f"truth: wanted {wanted} classes, found {len(labels)}.")
    return tuple(sorted(labels, key=_class_order))


def _class_order(label: str) -> tuple[bool, float, str]:
    """Sort classes as people count: numbers by value, then the rest as text."""
    is_number = _is_finite(label)
    return (not is_number, float(label) if is_number else 0.0, label)


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
