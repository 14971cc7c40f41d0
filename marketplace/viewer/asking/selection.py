"""What a question picks, as a file to keep: CSV or Parquet, written in bounded memory."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.viewer.asking.columns import Column, Kind, Table
from marketplace.viewer.asking.engine import Limits, asking
from marketplace.viewer.asking.grammar import FilterMalformed
from marketplace.viewer.asking.rows import Question, picked_sql, sorted_sql
from marketplace.viewer.asking.sql import Sql, called, quoted

MOST_ROWS = 1_000_000
MOST_BYTES = 256 * 2**20  # in memory, as the whole split's rows have on average
SECONDS = 60.0


class Format(StrEnum):
    """How a selection is written."""

    CSV = "csv"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        return "text/csv" if self is Format.CSV else "application/vnd.apache.parquet"


WRITTEN = {
    Format.CSV: "(FORMAT csv, HEADER, USE_TMP_FILE false)",
    Format.PARQUET: "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A file of rows, open, and in no folder any more; `is_full`: no more would fit."""

    file: BinaryIO
    rows: int
    size_bytes: int
    is_full: bool


def most_rows(table_rows: int, *, bytes_in_memory: int) -> int:
    """Return how many rows of a split one selection may have: by number and by size."""
    if not table_rows or not bytes_in_memory:
        return MOST_ROWS
    return max(1, min(MOST_ROWS, MOST_BYTES * table_rows // bytes_in_memory))


def selected(
    table: Table,
    asked: Question,
    *,
    form: Format,
    most: int,
    limits: Limits,
    folder: Path,
) -> Selection:
    """Write what a question picks to a file, which is gone once it is closed.

    CSV has lists and records as text, and no pictures and sounds.

    Args:
        table: a whole split.
        asked: what is asked of it.
        form: of the file.
        most: rows of it; see `most_rows`.
        limits: of memory; of time, `SECONDS`.
        folder: where files may be for a while.

    Raises:
        FilterMalformed: the question is not about this table.
        TooMuchAsked, PatternMalformed, Busy: see `asking`.
    """
    columns = [each for each in table.columns if _is_told(each, form)]
    if not columns:
        raise FilterMalformed(gettext("CSV tells nothing of this table. Take Parquet."))
    with TemporaryDirectory(dir=folder, prefix="selection-") as place:
        path = Path(place) / f"rows.{form}"
        statement = Sql.joined(
            " ",
            [
                Sql("COPY (SELECT"),
                Sql.joined(", ", [_named(each) for each in columns]),
                picked_sql(table, asked),
                sorted_sql(table, asked),
                Sql("LIMIT ?) TO ?", (most, str(path))),
                Sql(WRITTEN[form]),
            ],
        )
        longer = replace(limits, seconds=max(limits.seconds, SECONDS))
        with asking(table.paths, limits=longer, folder=Path(place)) as question:
            ((rows,),) = question.rows(statement)
        file = path.open("rb")
        return Selection(file, rows, path.stat().st_size, is_full=rows == most)


def _is_told(column: Column, form: Format) -> bool:
    return form is Format.PARQUET or column.kind is not Kind.MEDIA


def _named(column: Column) -> Sql:
    return Sql(f"{called(column)} AS {quoted(column.name)}")
