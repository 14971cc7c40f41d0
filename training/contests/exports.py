"""A whole board as a file: CSV, JSON or Parquet, row by row as it is read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from marketplace.kit.parquet import Column, Type, parquet_of
from marketplace.kit.spreadsheets import csv_rows
from training.contests.columns import (
    KEPT_APART,
    bounds,
    cells,
    ranked_by,
    shown_columns,
)
from training.contests.models import Contest
from training.contests.queries import board_of
from training.leaderboards.columns import APART, BoardColumn, Source

CHUNK = 1000
FIELDS = {
    "place": Type.INTEGER,
    "rank": Type.INTEGER,
    "rank_low": Type.INTEGER,
    "rank_high": Type.INTEGER,
    "name": Type.TEXT,
    "is_baseline": Type.BOOLEAN,
    "score": Type.NUMBER,
    "low": Type.NUMBER,
    "high": Type.NUMBER,
    "format": Type.TEXT,
    "device": Type.TEXT,
    "submission_count": Type.INTEGER,
    "reached_at": Type.MOMENT,
    "is_disqualified": Type.BOOLEAN,
    "mean_rank": Type.NUMBER,
}


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"

    @property
    def content_type(self) -> str:
        """Return what HTTP calls it."""
        return CONTENT_TYPES[self]


CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class BoardExport:
    """A board to be written, with what hosts see of it or what everyone does."""

    contest: Contest
    is_host: bool

    @property
    def columns(self) -> tuple[BoardColumn, ...]:
        """Return the columns beside the score."""
        return shown_columns(self.contest, is_host=self.is_host)

    @property
    def head(self) -> list[str]:
        """Return the names of the cells of a row, each once."""
        return [*FIELDS, *map(_name, self.columns), *self.ends]

    @property
    def ends(self) -> list[str]:
        """Return the names of the ends of intervals, of columns that are read by them."""
        keys = [each.key for each in self.columns if each.source is Source.SUBGROUP]
        return [f"{APART}{key}.{end}" for key in keys for end in ("low", "high")]

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield the cells of the board by place, some rows at a time from the database."""
        wanted = (*FIELDS, *KEPT_APART, "columns")
        board = board_of(self.contest, is_host=self.is_host).order_by("place", "id")
        columns = self.columns
        for row in board.values(*wanted).iterator(chunk_size=CHUNK):
            told = bounds(row, columns)
            ends = (
                end
                for each in columns
                if each.source is Source.SUBGROUP
                for end in told.get(each.key, (None, None))
            )
            yield [*(row[name] for name in FIELDS), *cells(row, columns), *ends]

    def as_csv(self) -> Iterator[str]:
        """Yield lines of CSV."""
        return csv_rows(self.head, self.rows())

    def as_json(self) -> Iterator[str]:
        """Yield one JSON object, its rows last."""
        first = ranked_by(self.contest)
        about = {
            "contest": self.contest.slug,
            "metric": first.key,
            "greater_is_better": first.is_greater_better,
            "ranking": str(self.contest.ranking),
            "scorer_version": self.contest.scorer_version,
            "columns": [each.as_json() for each in self.columns],
            "references": self.contest.reference_scores,
        }
        yield f'{json.dumps(about)[:-1]}, "rows": ['
        for number, row in enumerate(self.rows()):
            yield ",\n" if number else "\n"
            yield json.dumps(dict(zip(self.head, map(_plain, row), strict=True)))
        yield "\n]}\n"

    def as_parquet(self) -> Iterator[bytes]:
        """Yield a Parquet file."""
        own = [Column(name, kind) for name, kind in FIELDS.items()]
        chosen = [Column(_name(each), Type.NUMBER) for each in self.columns]
        ends = [Column(name, Type.NUMBER) for name in self.ends]
        return parquet_of([*own, *chosen, *ends], map(_as_stored, self.rows()))

    def parts(self, kind: ExportFormat) -> Iterator[str] | Iterator[bytes]:
        """Yield the file in one of the formats."""
        if kind is ExportFormat.PARQUET:
            return self.as_parquet()
        return self.as_json() if kind is ExportFormat.JSON else self.as_csv()


def _name(column: BoardColumn) -> str:
    """Return what files call a column; one that is called as a field is told apart."""
    return f"{APART}{column.key}" if column.key in FIELDS else column.key


def row_told(row: Mapping[str, Any], columns: Sequence[BoardColumn]) -> dict[str, Any]:
    """Return the fields of a row with what some columns show, and no other columns."""
    keys = [each.key for each in columns]
    return {
        **row,
        "columns": dict(zip(keys, cells(row, columns), strict=True)),
        "intervals": bounds(row, columns),
    }


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _as_stored(row: Sequence[Any]) -> Sequence[Any]:
    """Let whole numbers of chosen columns be written as the others of their column."""
    split = len(FIELDS)
    chosen = (None if each is None else float(each) for each in row[split:])
    return list(chain(row[:split], chosen))
