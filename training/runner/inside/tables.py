"""Reads tables: fast where all is well, and row by row where someone must be told."""

import io
from typing import Any

import numpy as np
import polars as pl

from training.runner.inside.rows import LONGEST_ID, Table, Wanted, as_bytes, read_rows
from training.runner.inside.sources import Source, source_of


def header_of(data: bytes) -> list[str]:
    """Return the names of a file's columns, whatever its format.

    Raises:
        Refusal: the file is empty or of no format we read.
    """
    return source_of(io.BytesIO(data)).names


def read_table(data: bytes | Source, wanted: Wanted) -> Table:
    """Read a table: fast where all is well, and row by row where someone must be told.

    Args:
        data: the file, or its source; its header names all that is wanted and perhaps
            others, which are ignored.
        wanted: its columns.

    Raises:
        Refusal: rows are malformed; it lists them by number.
    """
    source = source_of(io.BytesIO(data)) if isinstance(data, bytes) else data
    fast = _read_fast(source, wanted)
    if fast is not None and (wanted.may_be_missing or not np.isnan(fast.values).any()):
        return fast
    return read_rows(source, wanted)


def _read_fast(source: Source, wanted: Wanted) -> Table | None:
    """Read with polars; None if anything at all is odd."""
    kinds: dict[str, Any] = {
        wanted.id: pl.Int64 if wanted.has_integer_ids else pl.String
    }
    kinds |= dict.fromkeys(wanted.columns, pl.String if wanted.words else pl.Float64)
    kinds |= dict.fromkeys(wanted.texts, pl.String)
    frame = source.frame(kinds)
    if frame is None:
        return None
    every_row = range(source.first_row, source.first_row + frame.height)
    is_kept = None
    if frame[wanted.id].null_count():
        is_blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        is_kept = ~is_blank
        frame = frame.filter(is_kept)
    if wanted.words:
        place = {word: float(place) for place, word in enumerate(wanted.words)}
        try:
            frame = frame.with_columns(
                pl.col(*wanted.columns).replace_strict(place, return_dtype=pl.Float64)
            )
        except pl.exceptions.PolarsError:
            return None
    identifiers = frame[wanted.id]
    if not frame.height or identifiers.null_count():
        return None
    if wanted.has_integer_ids:
        ids = identifiers.to_numpy()
    else:
        identifiers = identifiers.str.strip_chars()
        longest = identifiers.str.len_bytes().max()
        if isinstance(longest, int) and longest > LONGEST_ID:
            return None
        ids = as_bytes(identifiers.to_list())
    values = np.empty((frame.height, 0))
    if wanted.columns:
        numbers = frame.select(*wanted.columns)
        if sum(numbers.null_count().row(0)):
            numbers = numbers.fill_null(np.nan)
        values = numbers.to_numpy()
    texts = {name: frame[name].fill_null("").to_list() for name in wanted.texts}
    rows = every_row if is_kept is None else np.array(every_row)[is_kept.to_numpy()]
    return Table(ids, values, rows, texts)
