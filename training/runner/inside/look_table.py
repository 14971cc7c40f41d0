"""Looks at a table: its columns, what they hold, how much is missing."""

import json
from typing import Any

import numpy as np
import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.sampled_tables import Read, read_table
from training.runner.inside.whole_tables import read_whole

MOST_COMMON = 20
LONGEST_SHOWN = 80
UNSAID = ("nan", "na", "n/a", "#n/a", "null", "none", "nat", "-", "?", ".")
AT_RANDOM = {"seed": 20_261_123, "manner": "STRATIFIED", "by": ""}


def main(call: Call) -> bytes:
    read = _read(call)
    told = {
        "rows": read.frame.height,
        "columns": [_facts(read.frame[name]) for name in read.frame.columns],
        "left_out": read.left_out,
        "sample": read.sample,
    }
    return json.dumps(told).encode()


def _read(call: Call) -> Read:
    if call.arguments["whole_bytes"] is None:
        frame, left_out = read_whole(call.read("table"), call.arguments["form"])
        return Read(frame, np.arange(frame.height), left_out)
    return read_table(call, AT_RANDOM, needed=[])


def _facts(column: pl.Series) -> dict[str, Any]:
    there = column.drop_nulls()
    kind = kind_of(there.filter(~unsaid(there)))
    unheard = 0 if kind == "TEXT" else int(unsaid(there).sum())
    counted = there.alias("").value_counts(sort=True, name="n").head(MOST_COMMON)
    return {
        "name": column.name,
        "kind": kind,
        "distinct": there.n_unique(),
        "missing": column.null_count() + unheard,
        "words": words_in(there),
        "common": [
            (str(value)[:LONGEST_SHOWN], int(n)) for value, n in counted.iter_rows()
        ],
    }


def kind_of(there: pl.Series) -> str:
    """Return what all values can be read as; a column of none is text."""
    if not len(there):
        return "TEXT"
    numbers = there.str.strip_chars().cast(pl.Float64, strict=False)
    if numbers.null_count() or not numbers.is_finite().all():
        return "TEXT"
    return "INTEGER" if bool((numbers == numbers.round()).all()) else "NUMBER"


def unsaid(there: pl.Series) -> pl.Series:
    """Return which values are how pandas, R, SQL and people write that there is none.

    Among numbers and dates they are taken for missing; elsewhere they are words as others.
    """
    return there.str.strip_chars().str.to_lowercase().is_in(UNSAID)


def words_in(there: pl.Series) -> float:
    """Return how many words a value has on average."""
    words = there.str.split(" ").list.len().cast(pl.Float64).mean()
    return words if isinstance(words, float) else 0.0
