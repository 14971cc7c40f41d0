"""Statistics of columns: those of polars, in the shape of Hugging Face's viewer."""

import io
import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.viewer.shapes import require_shape
from training.runner.inside.viewing import numbers
from training.runner.inside.viewing.features import IMAGE, class_label, features_of
from training.runner.inside.viewing.numbers import edges_of, figures_of
from training.runner.inside.viewing.pictures import width_of
from training.runner.inside.viewing.statistics import Table, statistics_of

ROWS = 20_001
PICTURES = {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30_000).to_bytes(4, "big") * 2: 30_000,
    b"GIF89a\x0a\x01\x05\0": 266,
    b"BM" + bytes(16) + (7).to_bytes(4, "little"): 7,
    b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x10\0\x20": 32,
    b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (99).to_bytes(3, "little"): 100,
    b"\xff\xd8\xff\xe0\0": None,
    b"no picture": None,
}


def columns():
    drawn = np.random.default_rng(7)
    begin = datetime(2020, 1, 1)  # noqa: DTZ001  as files have them
    seconds = drawn.integers(0, 10**8, ROWS).tolist()
    return {
        "real": pa.array([*drawn.normal(3, 100, ROWS - 2), float("nan"), None]),
        "whole": pa.array([n % 97 if n % 7 else None for n in range(ROWS)]),
        "few": pa.array(drawn.integers(0, 4, ROWS)),
        "one": pa.array([5] * ROWS, pa.int8()),
        "truth": pa.array([*[True, False] * (ROWS // 2), None]),
        "label": pa.array([["a", "b", None][n % 3] for n in range(ROWS)]),
        "text": pa.array(["x" * (n % 31) + str(n) for n in range(ROWS)]),
        "listed": pa.array([[1] * (n % 5) for n in range(ROWS)]),
        "kind": pa.array(drawn.integers(-1, 2, ROWS)),
        "at": pa.array([begin + timedelta(seconds=each) for each in seconds]),
        "picture": pa.array(
            [{"bytes": it, "path": None} for it in [*PICTURES][:1]] * ROWS,
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        ),
        "nothing": pa.nulls(ROWS, pa.float64()),
    }


@pytest.fixture(scope="module")
def table():
    made = pa.table(columns())
    held = io.BytesIO()
    pq.write_table(made, held, row_group_size=3_000)
    return made, Table([io.BytesIO(held.getvalue())])


def told_of(table):
    made, read = table
    special = {"kind": class_label(["no", "yes"]), "picture": IMAGE}
    found = statistics_of(read, features_of(made.schema, special))
    told = {"num_examples": ROWS, "statistics": found, "partial": False}
    require_shape("statistics", json.loads(json.dumps(told, allow_nan=False)))
    return {
        one["column_name"]: (one["column_type"], one["column_statistics"])
        for one in found
    }


def test_columns_are_counted_as_polars_counts_them(table):
    told = told_of(table)
    frame = pl.from_arrow(table[0])

    for name in ("real", "whole", "few"):
        known = frame[name].cast(pl.Float64).fill_nan(None)
        kind, figures = told[name]
        assert kind == ("float" if name == "real" else "int")
        assert figures["nan_count"] == known.null_count()
        for key in ("min", "max", "mean", "median", "std"):
            assert figures[key] == pytest.approx(getattr(known, key)(), abs=6e-6), key
        bins, edges = figures["histogram"]["hist"], figures["histogram"]["bin_edges"]
        there = known.drop_nulls()
        for at, held in enumerate(bins):
            is_last = at == len(bins) - 1
            below = there <= edges[at + 1] if is_last else there < edges[at + 1] - 5e-6
            if name != "real":
                assert held == (below & (there >= edges[at])).sum()
        assert sum(bins) == len(there)
    assert told["text"][0] == "string_text"
    lengths = frame["text"].str.len_chars()
    assert told["text"][1]["mean"] == round(lengths.mean(), 5)
    assert told["listed"][1]["histogram"]["hist"] == [4001, 4000, 4000, 4000, 4000]


def test_what_is_no_number_is_counted_by_its_values(table):
    told = told_of(table)

    assert told["truth"] == (
        "bool",
        {
            "nan_count": 1,
            "nan_proportion": 0.00005,
            "frequencies": {"True": 10_000, "False": 10_000},
        },
    )
    kind, label = told["label"]
    assert (kind, label["n_unique"], label["nan_count"]) == ("string_label", 2, 6_667)
    assert label["frequencies"] == {"a": 6_667, "b": 6_667}
    kind, classes = told["kind"]
    counts = table[0]["kind"].to_pylist()
    assert (kind, classes["no_label_count"]) == ("class_label", counts.count(-1))
    assert classes["frequencies"] == {"no": counts.count(0), "yes": counts.count(1)}
    moments = pl.from_arrow(table[0])["at"]
    assert told["at"][0] == "datetime"
    assert told["at"][1]["min"] == f"{moments.min():%Y-%m-%d %H:%M:%S}"
    days = moments.dt.timestamp("us").std() // 86_400_000_000
    assert told["at"][1]["std"].startswith(f"{days:.0f} days")
    assert told["picture"][1]["max"] == 30_000
    assert told["one"][1]["histogram"] == {"hist": [ROWS], "bin_edges": [5, 5]}
    assert told["nothing"][1]["nan_proportion"] == 1.0
    assert told["nothing"][1]["histogram"] is None


def test_a_column_too_long_to_hold_is_read_again_with_the_same_result(
    table, monkeypatch
):
    held = told_of(table)
    monkeypatch.setattr(numbers, "MOST_HELD", 500)
    monkeypatch.setattr(numbers, "FINE_BINS", 16)

    assert told_of(table) == held


@pytest.mark.parametrize(
    "values", [[1.0], [1.0, 2.0], [0.0] * 9 + [1e300], [-1e308, 1e308], [5.0] * 4]
)
def test_the_middle_is_found_in_few_and_in_lopsided_numbers(values, monkeypatch):
    monkeypatch.setattr(numbers, "MOST_HELD", 0)
    told = figures_of(lambda: iter([np.array(values)]), is_whole=False)

    assert told.median == pytest.approx(float(np.median(values)))
    assert sum(told.counts) == len(values)


def test_bins_of_integers_have_integers_as_edges():
    assert edges_of(0, 3, is_whole=True) == [0, 1, 2, 3, 3]
    assert edges_of(1, 34, is_whole=True) == [1, 5, 9, 13, 17, 21, 25, 29, 33, 34]
    assert edges_of(0.0, 1.0, is_whole=False)[::5] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("content", PICTURES)
def test_a_picture_tells_its_width_without_being_decoded(content):
    assert width_of(content) == PICTURES[content]
