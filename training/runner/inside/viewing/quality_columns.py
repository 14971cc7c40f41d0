"""What each column of a split holds: counted on all rows, as they go by."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from training.runner.inside.viewing.quality_tables import (
    Finding,
    Sieve,
    Table,
    as_cells,
    finding,
    hashed,
)

MOST_VALUES = 1_000  # distinct ones that are counted each
MOST_HASHES = 2**24  # of all columns together
FEWEST_ROWS = 20  # below which nothing looks like a number given to each row
LONGEST_ID = 64
WORTH_SAYING = 0.01  # of the cells of a column, if they are missing
MOST_COLUMNS = 30  # told
SAMPLE_ROWS = 20_000
LONGEST_CELL = 4_000
SAMPLE_BYTES = 96 * 2**20
STAND_INS = frozenset(
    {"?", "-", "--", "na", "n/a", "#n/a", "nan", "null", "nil", "none", "missing"}
)
ID_NAME = re.compile(
    r"(^|[_\s.-])(id|ids|uuid|guid|index|idx|rownames?|row|unnamed: \d+)$",
    re.IGNORECASE,
)
CAMEL_ID = re.compile(r"[a-z](Id|ID|Uuid|UUID)$")
LABEL_NAMES = ("label", "labels", "target", "class", "y", "category", "outcome")
MOST_CLASSES = 200


@dataclass(slots=True)
class Column:
    """What has been seen of one column so far."""

    name: str
    rows: int = 0
    missing: int = 0
    letters: int = 0
    spaced: int = 0
    is_text: bool = False
    is_whole: bool = False
    low: float = np.inf
    high: float = -np.inf
    counts: Counter[str] | None = field(default_factory=Counter)
    stand_ins: Counter[str] = field(default_factory=Counter)
    first_missing: list[int] = field(default_factory=list)
    sieve: Sieve = field(default_factory=Sieve)

    @property
    def there(self) -> int:
        return self.rows - self.missing

    @property
    def is_constant(self) -> bool:
        return self.counts is not None and len(self.counts) == 1 and not self.missing

    @property
    def is_id(self) -> bool:
        """Whether each row has a value of its own that says nothing else."""
        if self.rows < FEWEST_ROWS or self.missing or self.sieve.has_repeats:
            return False
        if self.is_text:
            is_short = self.letters <= LONGEST_ID * self.rows
            return is_short and self.spaced * 20 < self.rows
        is_counted = self.is_whole and self.high - self.low == self.rows - 1
        return is_counted or (self.is_whole and is_id_name(self.name))

    def take(self, at: int, cells: pl.Series) -> None:
        """Take the next cells, the first of which is of the row `at`."""
        there = cells.drop_nulls()
        self.rows += len(cells)
        if len(there) < len(cells):
            self.missing += len(cells) - len(there)
            if not self.first_missing:
                self.first_missing = [at + int(i) for i in cells.is_null().arg_true()]
                del self.first_missing[10:]
        self.sieve.take(hashed(there.to_frame()))
        self.is_whole = cells.dtype.is_integer()
        if cells.dtype == pl.String:
            self._take_text(there)
        elif cells.dtype.is_numeric() and len(there):
            self.low = min(self.low, _number(there.min()))
            self.high = max(self.high, _number(there.max()))
        if self.counts is not None:
            seen = there.alias("").value_counts(name="n")
            if seen.height <= MOST_VALUES:
                self.counts.update({str(one): n for one, n in seen.iter_rows()})
            if seen.height > MOST_VALUES or len(self.counts) > MOST_VALUES:
                self.counts = None

    def _take_text(self, there: pl.Series) -> None:
        self.is_text = True
        self.letters += int(there.str.len_bytes().sum())
        self.spaced += int(there.str.contains(r"\s").sum())
        bare = there.str.strip_chars().str.to_lowercase()
        is_in = bare.is_in(list(STAND_INS)) | (bare == "")
        for one in bare.filter(is_in):
            self.stand_ins[one] += 1


@dataclass(frozen=True, slots=True)
class Looked:
    """A split with what its columns hold and some of its rows, drawn at random.

    `places` are the numbers of the rows of `sample`, which has no pictures and sounds.
    """

    table: Table
    columns: dict[str, Column]
    sample: pl.DataFrame
    places: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def label(self) -> str | None:
        """The column of classes: one of that type, or the first that is named so."""
        typed = self.table.of_type("ClassLabel")
        if typed:
            return typed[0]
        named = {one.lower(): one for one in self.columns}
        for word in LABEL_NAMES:
            if word in named and self._holds_classes(self.columns[named[word]]):
                return named[word]
        return None

    def _holds_classes(self, column: Column) -> bool:
        kinds = len(column.counts) if column.counts is not None else 0
        is_discrete = column.is_text or column.is_whole or column.high == -np.inf
        return is_discrete and 2 <= kinds <= min(MOST_CLASSES, column.rows // 2)

    def class_counts(self) -> dict[str, int]:
        """Return how many rows each class has, by its name."""
        column = self.columns[self.label] if self.label else None
        if column is None or column.counts is None:
            return {}
        names = self.table.classes_of(column.name)
        found: Counter[str] = Counter()
        for value, count in column.counts.items():
            found[named(value, names)] += count
        return dict(found)


def named(value: str, names: list[str]) -> str:
    """Return the name of a class, which may be told by its place."""
    is_place = value.isdecimal() and int(value) < len(names)
    return names[int(value)] if is_place else value


def is_id_name(name: str) -> bool:
    return bool(ID_NAME.search(name) or CAMEL_ID.search(name))


def look(table: Table, *, seed: int) -> Looked:
    """Read a split once, but for its pictures and sounds."""
    names = [name for name in table.names if name not in table.media]
    most = max(MOST_HASHES // max(len(names), 1), 2**10)
    columns = {name: Column(name, sieve=Sieve(most)) for name in names}
    chance = np.random.default_rng(seed)
    share = min(SAMPLE_ROWS / max(table.rows, 1), 1.0)
    kept, places, size = [], [], 0
    for at, block in table.blocks(names):
        cells = as_cells(block)
        for name in cells.columns:
            columns[name].take(at, cells[name])
        is_drawn = chance.random(block.height) < share
        if size < SAMPLE_BYTES and is_drawn.any():
            lot = _cut(cells.filter(pl.Series(is_drawn)))
            size += int(lot.estimated_size())
            kept.append(lot)
            places.append(at + np.flatnonzero(is_drawn))
    sample = pl.concat(kept, how="diagonal_relaxed") if kept else pl.DataFrame()
    drawn = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
    return Looked(table, columns, sample, drawn)


def column_findings(looked: Looked) -> list[Finding]:
    """Return what is missing, says nothing, or only tells rows apart."""
    columns = [one for one in looked.columns.values() if one.rows]
    found = []
    empty = [one for one in columns if not one.there]
    gappy = [one for one in columns if one.there and _is_gappy(one)]
    gappy.sort(key=lambda one: -one.missing)
    rows = looked.table.rows
    if gappy:
        missing = sum(one.missing for one in gappy)
        told = [[one.name, one.missing] for one in gappy]
        found.append(
            finding(
                "missing_values",
                missing,
                of=rows * len(columns),
                rows=gappy[0].first_missing,
                columns=told[:MOST_COLUMNS],
                more=max(len(told) - MOST_COLUMNS, 0),
            )
        )
    stand_ins = [one for one in columns if one.stand_ins and one.name != looked.label]
    if stand_ins:
        told = [
            [one.name, sum(one.stand_ins.values()), one.stand_ins.most_common(1)[0][0]]
            for one in stand_ins
        ]
        told.sort(key=lambda each: -each[1])  # type: ignore[operator]  # a count
        count = sum(sum(one.stand_ins.values()) for one in stand_ins)
        found.append(
            finding(
                "stand_ins", count, of=rows * len(columns), columns=told[:MOST_COLUMNS]
            )
        )
    lots = (
        ("empty_columns", empty),
        ("constant_columns", [one for one in columns if one.is_constant]),
        ("id_columns", [one for one in columns if one.is_id]),
    )
    for code, lot in lots:
        if lot and (rows > 1 or code == "empty_columns"):
            names = [[one.name] for one in lot]
            found.append(
                finding(code, len(lot), of=len(columns), columns=names[:MOST_COLUMNS])
            )
    return found


def _is_gappy(column: Column) -> bool:
    return column.missing >= max(WORTH_SAYING * column.rows, 1)


def _cut(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.select(
        pl.col(name).str.slice(0, LONGEST_CELL) if kind == pl.String else pl.col(name)
        for name, kind in cells.schema.items()
        if kind != pl.Binary
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else np.nan
