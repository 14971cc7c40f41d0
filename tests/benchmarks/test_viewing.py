"""Columns counted from Parquet, beside polars asked for the same figures in this run."""

import io

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.benchmarks.measuring import cpu_seconds_of
from training.runner.inside.viewing.features import features_of
from training.runner.inside.viewing.statistics import Table, statistics_of

pytestmark = pytest.mark.benchmark
ROWS = 1_000_000
MOST_RATIO = 2.0


def parquet():
    drawn = np.random.default_rng(3)
    words = np.array([f"word {n}" for n in range(2_000)])
    table = pa.table(
        {
            "real": drawn.normal(size=ROWS),
            "skewed": drawn.exponential(size=ROWS).astype(np.float32),
            "whole": drawn.integers(-1_000, 10_000, ROWS),
            "label": pa.array(words[:50][drawn.integers(0, 50, ROWS)]),
            "text": pa.array(words[drawn.integers(0, 2_000, ROWS)]),
            "truth": drawn.random(ROWS) > 0.5,
        }
    )
    held = io.BytesIO()
    pq.write_table(table, held, compression="zstd", row_group_size=100_000)
    return table.schema, held.getvalue()


def by_polars(content):
    frame = pl.read_parquet(io.BytesIO(content))
    for name in ("real", "skewed", "whole"):
        numbers = frame[name]
        _figures_of(numbers)
    for name in ("label", "text"):
        values = frame[name]
        values.n_unique()
        if name == "label":
            values.value_counts()
        else:
            _figures_of(values.str.len_chars())
    frame["truth"].value_counts()


def _figures_of(numbers):
    numbers.null_count()
    for figure in ("min", "max", "mean", "median", "std"):
        getattr(numbers, figure)()
    numbers.hist(bin_count=10)


def test_statistics_take_no_more_than_twice_what_polars_takes():
    schema, content = parquet()
    features = features_of(schema, {})

    def ours():
        return statistics_of(Table([io.BytesIO(content)]), features)

    assert len(ours()) == len(schema)
    taken, known = cpu_seconds_of(ours), cpu_seconds_of(lambda: by_polars(content))
    print(
        f"statistics of {ROWS:,} rows, {len(schema)} columns: {taken:.2f} s of CPU, "
        f"{taken / known:.2f} times polars"
    )
    assert taken <= MOST_RATIO * known
