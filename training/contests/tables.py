"""Reads the two files of a host, enough to refuse what could not be scored later."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.contests.cells import (
    classes_in,
    columns_told,
    example_of,
    is_finite,
    key_of,
    problem_in,
)
from training.contests.models import Task
from training.kinds import Kind
from training.kinds.columns import HAS_CLASSES, IN_TRUTH

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
    """Check a CSV file of ids and what is true of them.

    Args:
        source: UTF-8, with a header.
        columns: which columns mean what; `training.kinds.columns` names those that the
            kind of task adds.
        task: what the labels are.
        classes: the order in which models give them, the positive one last of two; if
            empty, by number and then by name. Levels of a forecast, horizons of
            survival.

    Raises:
        BadTable: a column is missing, an id comes twice, a label is empty, a number is
            not finite, there are too many or too few classes or rows.
    """
    kind, extra = Kind(task), IN_TRUTH.get(Kind(task), ())
    wanted = [columns.id, columns.target, *extra]
    wanted += [columns.split] if columns.split else []
    ids: set[str] = set()
    keys: set[tuple[str, str]] = set()
    labels: set[str] = set()
    splits: dict[str, str] = {}
    for row, (identifier, target, *rest) in rows_of(source, "truth", wanted):
        cells = dict(zip(extra, rest, strict=False))
        if not identifier:
            raise BadTable(
                gettext("truth, row %(row)s: the id “” is empty.") % {"row": row}
            )
        if problem := problem_in(kind, target, cells):
            raise BadTable(
                gettext("truth, row %(row)s: %(problem)s.")
                % {"row": row, "problem": problem}
            )
        key = key_of(kind, identifier, cells)
        if key in keys:
            more = f" with “{key[1]}”" if key and key[1] else ""
            raise BadTable(
                gettext(
                    "truth, row %(row)s: the id “%(identifier)s”%(more)s comes twice."
                )
                % {"row": row, "identifier": identifier, "more": more}
            )
        if key:
            keys.add(key)
        ids.add(identifier)
        labels.update(classes_in(kind, target, cells))
        split = rest[-1] if columns.split else "public"
        if split not in SPLITS:
            raise BadTable(
                gettext(
                    "truth, row %(row)s: “%(split)s” in column “%(split_2)s” is "
                    "neither “public” nor “private”."
                )
                % {"row": row, "split": split, "split_2": columns.split}
            )
        example = example_of(kind, identifier, cells)
        if splits.setdefault(example, split) != split:
            raise BadTable(
                gettext(
                    "truth, row %(row)s: “%(example)s” is both public and private; "
                    "its rows are scored together."
                )
                % {"row": row, "example": example}
            )
    if "public" not in splits.values():
        raise BadTable(gettext("truth: give at least one public row."))
    return Truth(frozenset(ids), columns_for(kind, labels, classes))


def columns_for(
    kind: Kind, labels: set[str], classes: Sequence[str]
) -> tuple[str, ...]:
    """Return the classes, levels or horizons of a kind of task in the order of models.

    Args:
        kind: of the task.
        labels: that occur.
        classes: as the host orders them; empty for by number and then by name.

    Raises:
        BadTable: there are too few or too many, or not those that occur.
    """
    if kind not in HAS_CLASSES:
        try:
            return columns_told(kind, classes)
        except ValueError as problem:
            raise BadTable(f"classes: {problem}.") from problem
    found = _classes(labels, kind)
    if classes and sorted(classes) != sorted(found):
        raise BadTable(
            gettext("truth: its classes are %(value)s, not %(classes)s.")
            % {
                "value": ", ".join(found[:20]) or "none",
                "classes": ", ".join(classes[:20]),
            }
        )
    return tuple(classes) or found


def check_inputs(source: BinaryIO, *, id_column: str, ids: frozenset[str]) -> None:
    """Check that a CSV file of features has exactly the rows that the truth has.

    Raises:
        BadTable: an id is missing, unknown or comes twice, or there are no features.
    """
    seen: set[str] = set()
    for row, cells in rows_of(source, "inputs", [id_column], features=True):
        _add_id(seen, cells[0], file="inputs", row=row)
        if cells[0] not in ids:
            raise BadTable(
                gettext("inputs, row %(row)s: the truth has no id “%(cells)s”.")
                % {"row": row, "cells": cells[0]}
            )
    if missing := ids - seen:
        raise BadTable(
            gettext(
                "inputs: %(missing)s ids of the truth are missing, such as "
                "“%(missing_2)s”."
            )
            % {"missing": f"{len(missing):,}", "missing_2": min(missing)}
        )


def rows_of(
    source: BinaryIO, file: str, wanted: Sequence[str], *, features: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row, cells of the wanted columns); rows count as a spreadsheet does."""
    text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
        places = [_place(header, name, file) for name in wanted]
        if features and len(header) < 2:
            raise BadTable(
                gettext("%(file)s: there is no column beside “%(wanted)s”.")
                % {"file": file, "wanted": wanted[0]}
            )
        for row, line in enumerate(itertools.islice(reader, MOST_ROWS + 1), start=2):
            if len(line) != len(header):
                raise BadTable(
                    gettext(
                        "%(file)s, row %(row)s: %(line)s cells, %(header)s headings."
                    )
                    % {
                        "file": file,
                        "row": row,
                        "line": len(line),
                        "header": len(header),
                    }
                )
            if row > MOST_ROWS + 1:
                raise BadTable(
                    gettext("%(file)s: more than %(most_rows)s rows.")
                    % {"file": file, "most_rows": f"{MOST_ROWS:,}"}
                )
            yield row, [line[place] for place in places]
    except UnicodeDecodeError as fault:
        raise BadTable(
            gettext("%(file)s: save it as CSV in UTF-8 (%(reason)s).")
            % {"file": file, "reason": fault.reason}
        ) from fault
    except csv.Error as fault:
        raise BadTable(f"{file}, line {reader.line_num}: {fault}.") from fault
    finally:
        text.detach()  # the file is the caller's to close


def _place(header: list[str], name: str, file: str) -> int:
    if header.count(name) != 1:
        raise BadTable(
            gettext(
                "%(file)s: wanted one column “%(name)s”, found %(name_2)s; the "
                "headings are %(value)s."
            )
            % {
                "file": file,
                "name": name,
                "name_2": header.count(name),
                "value": ", ".join(header[:20]) or "missing",
            }
        )
    return header.index(name)


def _add_id(ids: set[str], each: str, *, file: str, row: int) -> None:
    if not each or each in ids:
        problem = "comes twice" if each else "is empty"
        raise BadTable(
            gettext("%(file)s, row %(row)s: the id “%(each)s” %(problem)s.")
            % {"file": file, "row": row, "each": each, "problem": problem}
        )
    ids.add(each)


def _classes(labels: set[str], kind: Kind) -> tuple[str, ...]:
    if len(labels) > MOST_CLASSES:
        raise BadTable(
            gettext("truth: %(labels)s classes, at most %(most_classes)s.")
            % {"labels": f"{len(labels):,}", "most_classes": f"{MOST_CLASSES:,}"}
        )
    least = 2 if kind in {Kind.BINARY, Kind.MULTICLASS} else 1
    if len(labels) < least or (kind is Kind.BINARY and len(labels) != 2):
        wanted = {1: "at least one class", 2: "at least two classes"}[least]
        wanted = "two classes" if kind is Kind.BINARY else wanted
        raise BadTable(
            gettext("truth: wanted %(wanted)s, found %(labels)s.")
            % {"wanted": wanted, "labels": len(labels)}
        )
    return tuple(sorted(labels, key=_class_order))


def _class_order(label: str) -> tuple[bool, float, str]:
    """Sort classes as people count: numbers by value, then the rest as text."""
    is_number = is_finite(label)
    return (not is_number, float(label) if is_number else 0.0, label)
