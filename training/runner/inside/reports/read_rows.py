"""Reads a table that a brought model is judged on: numbers in, one column to predict."""

import numpy as np
import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.reports.dividing import (
    FEWEST_ROWS,
    divided,
    refuse,
    require_columns,
    truth_of,
)
from training.runner.inside.studio.matrix import columns_of, matrix_of
from training.runner.inside.whole_tables import read_whole

Role = dict[str, object]


def main(call: Call) -> bytes:
    asked = call.arguments
    frame, _ = read_whole(call.read("table"), asked["form"])
    target = asked["target"]
    require_columns(frame, target)
    roles = [
        _role(frame[name], left_out=asked["left_out"])
        for name in frame.columns
        if name != target
    ]
    if not columns_of(roles):
        raise refuse("no_columns", "The table has no column of numbers to ask with.")
    frame = frame.with_row_index("").drop_nulls([target])
    whole = matrix_of(frame, roles)
    is_whole = np.asarray(~np.isnan(whole).any(axis=1))
    rows = frame.filter(pl.Series(is_whole))
    if rows.height < FEWEST_ROWS:
        raise refuse(
            "too_few_rows",
            f"{rows.height} rows have a {target!r} and no empty cell among the numbers; "
            f"a report takes {FEWEST_ROWS} at least.",
        )
    order = np.random.default_rng(asked["seed"]).permutation(rows.height)
    rows, features = rows[order], whole[is_whole][order]
    classes, truth = truth_of(rows, asked)
    arrays = {
        "features": features,
        "target": truth,
        "rows": rows[""].to_numpy().astype(np.int64),
    }
    facts = {
        "classes": classes,
        "roles": roles,
        "columns": columns_of(roles),
        "dropped": int(len(is_whole) - is_whole.sum()),
    }
    return divided(arrays, facts)


def _role(column: pl.Series, *, left_out: list[str]) -> Role:
    if column.name in left_out:
        return {"name": column.name, "role": "SKIPPED", "why": "You left it out."}
    numbers = column.drop_nulls().str.strip_chars().cast(pl.Float64, strict=False)
    is_number = len(numbers) > 0 and bool(
        numbers.is_finite().fill_null(value=False).all()
    )
    if is_number:
        return {"name": column.name, "role": "NUMBER", "odd": 0}
    return {"name": column.name, "role": "SKIPPED", "why": "It holds no numbers."}
