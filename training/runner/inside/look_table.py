"""Looks at a table: its columns, what they hold, how much is missing."""

import json
from typing import Any

import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.whole_tables import read_whole

MOST_COMMON = 20
LONGEST_SHOWN = 80


def main(call: Call) -> bytes:
    frame, left_out = read_whole(call.read("table"), call.arguments["form"])
    columns = [_facts(frame[name]) for name in frame.columns]
    told = {"rows": frame.height, "columns": columns, "left_out": left_out}
    return json.dumps(told).encode()


def _facts(column: pl.Series) -> dict[str, Any]:
    there = column.drop_nulls()
    counted = there.alias("").value_counts(sort=True, name="n").head(MOST_COMMON)
    return {
        "name": column.name,
        "kind": kind_of(there),
        "distinct": there.n_unique(),
        "missing": column.null_count(),
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


def words_in(there: pl.Series) -> float:
    """Return how many words a value has on average."""
    words = there.str.split(" ").list.len().cast(pl.Float64).mean()
    return words if isinstance(words, float) else 0.0
