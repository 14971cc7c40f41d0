"""Reads the hidden answers. They stay on this side of the wall."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.jobs import Target
from training.kinds import Kind

PRIVATE = "private"
SHOWN = 5


class TruthUnusable(Exception):
    """The host's file cannot be scored against; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Ids with what is true of them; `is_private` marks rows that are scored apart."""

    ids: NDArray[Any]  # (n,) int64, or bytes of fixed width
    answers: NDArray[Any]  # (n,) int64 places in the classes, or float64 values
    is_private: NDArray[np.bool_]

    @property
    def has_integer_ids(self) -> bool:
        return self.ids.dtype.kind == "i"


def read_truth(path: Path, target: Target) -> Truth:
    """Read a truth file: CSV with the id column, the target's and perhaps the split's.

    Raises:
        TruthUnusable: a column or value is missing, unknown or repeated; names the row.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as broken:
        raise TruthUnusable(f"The truth file cannot be read: {broken}") from broken
    wanted = [target.id_column, target.column]
    if target.split_column:
        wanted.append(target.split_column)
    for name in wanted:
        if name not in frame.columns:
            raise TruthUnusable(
                f"The truth file has no column {name!r}; it has "
                f"{', '.join(frame.columns)[:200]}."
            )
    if not frame.height:
        raise TruthUnusable("The truth file has a header and no rows.")
    for name in wanted:
        _refuse_rows(frame[name].is_null(), f"{name} is empty")
    identifiers = frame[target.id_column]
    _refuse_rows(identifiers.is_duplicated(), f"{target.id_column} is repeated")
    private = np.zeros(frame.height, dtype=np.bool_)
    if target.split_column:
        split = frame[target.split_column].str.strip_chars().str.to_lowercase()
        private = (split == PRIVATE).to_numpy()
        if private.all():
            raise TruthUnusable("Every row of the truth is private; leave some public.")
    return Truth(_ids(identifiers), _answers(frame[target.column], target), private)


def _refuse_rows(is_bad: pl.Series, problem: str) -> None:
    rows = is_bad.arg_true() + 2
    if len(rows):
        listed = ", ".join(str(row) for row in rows.head(SHOWN))
        raise TruthUnusable(
            f"In the truth file {problem} in row {listed} ({len(rows)})."
        )


def _ids(identifiers: pl.Series) -> NDArray[Any]:
    numbers = identifiers.cast(pl.Int64, strict=False)
    if not numbers.null_count() and (numbers.cast(pl.String) == identifiers).all():
        return numbers.to_numpy()
    return np.array([one.encode() for one in identifiers.to_list()], dtype=np.bytes_)


def _answers(column: pl.Series, target: Target) -> NDArray[Any]:
    if target.asks is Kind.REGRESSION:
        values = column.str.strip_chars().cast(pl.Float64, strict=False)
        is_bad = values.is_null() | ~values.is_finite().fill_null(value=True)
        _refuse_rows(is_bad, f"{target.column} is not a number")
        return values.to_numpy()
    known = {name: place for place, name in enumerate(target.classes)}
    places = column.str.strip_chars().replace_strict(
        known, default=None, return_dtype=pl.Int64
    )
    _refuse_rows(places.is_null(), f"{target.column} is none of the classes")
    return places.to_numpy()
