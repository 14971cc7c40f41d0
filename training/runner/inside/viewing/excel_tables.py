"""Excel: each sheet a table, its first row the header, formulas by what they showed."""

import itertools
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from training.runner.inside.viewing.features import MOST_COLUMNS, distinct
from training.runner.inside.viewing.grouping import Given
from training.runner.inside.viewing.inferring import Block, in_blocks, read_twice
from training.runner.inside.viewing.layout import DEFAULT, SAFE, TRAIN
from training.runner.inside.viewing.stored import (
    ALWAYS_UNPACKED,
    MOST_RATIO,
    Stored,
    unpacks_too_far,
)
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

A_CELL_BYTES = 50
BROKEN = (
    *(zipfile.BadZipFile, InvalidFileException, SyntaxError),  # as of its XML
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError),
)


def tables(given: Given) -> Iterator[Table]:
    """Yield a table for each sheet that has rows; one alone has the split's own name.

    Raises:
        Unreadable: a file is damaged.
    """
    for file in given.files:
        sheets = _sheets(file)
        is_alone = len(sheets) == 1 and len(given.files) == 1
        for number, name in sheets:
            config = given.config if is_alone else SAFE.sub("_", name)[:100] or DEFAULT
            yield _table(file, number, config, given.split if is_alone else TRAIN)


def _table(file: Stored, number: int, config: str, split: str) -> Table:
    def blocks() -> Iterator[Block]:
        return in_blocks(_rows(file, number))

    return read_twice(config, split, blocks)


def _sheets(file: Stored) -> list[tuple[int, str]]:
    _require_sane(file)
    found = []
    try:
        with file.open_random() as source:
            book = load_workbook(source, read_only=True, data_only=True)
            for number, sheet in enumerate(book.worksheets):
                if any(_is_row(row) for row in sheet.iter_rows(values_only=True)):
                    found.append((number, sheet.title))
            book.close()
    except BROKEN as wrong:
        raise _damaged(file, wrong) from wrong
    if not found:
        raise file.fault("no_table", "has no sheet with anything in it.")
    return found


def _require_sane(file: Stored) -> None:
    try:
        with file.open_random() as source, zipfile.ZipFile(source) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except BROKEN as wrong:
        raise _damaged(file, wrong) from wrong
    if size > max(file.size * MOST_RATIO, ALWAYS_UNPACKED):
        raise unpacks_too_far(file.path)


def _damaged(file: Stored, wrong: BaseException) -> Unreadable:
    return file.fault(
        "damaged_file",
        f"is no Excel file that can be read ({shown(wrong)}). Open it in a spreadsheet "
        "and save it again, or as CSV.",
    )


def _is_row(row: Sequence[Any]) -> bool:
    return any(value is not None for value in row)


def _rows(file: Stored, number: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the rows below the first of a sheet, without those that are empty."""
    with file.open_random() as source:
        book = load_workbook(source, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[number]
            rows = filter(_is_row, sheet.iter_rows(values_only=True))
            header = _header(file, next(rows))
            for row in rows:
                values = itertools.islice(row, len(header))
                named = dict(zip(header, values, strict=False))
                yield named, A_CELL_BYTES * len(header)
                if any(value is not None for value in row[len(header) :]):
                    raise file.fault(
                        "ragged_row",
                        f"has values right of its header, in the sheet “{sheet.title}”. "
                        "Give each column a name in the first row.",
                    )
        except BROKEN as wrong:
            raise _damaged(file, wrong) from wrong
        finally:
            book.close()


def _header(file: Stored, first: Sequence[Any]) -> list[str]:
    names = ["" if value is None else str(value).strip() for value in first]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise file.fault(
            "too_many_columns",
            f"names more than {MOST_COLUMNS:,} columns. Turn it, so that what are columns "
            "now become rows.",
        )
    return distinct(names)
