"""Reads a table that a brought model is judged on: numbers in, one column to predict.

A third of the rows is what is compared with, the rest is what the model is judged on.
"""

import numpy as np
import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import amounts
from training.runner.inside.studio.matrix import columns_of, matrix_of
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import encode

STAGE = "READ"
FEWEST_ROWS = 90
MOST_CLASSES = 200
SHOWN = 5
Role = dict[str, object]


def main(call: Call) -> bytes:
    asked = call.arguments
    frame, _ = read_whole(call.read("table"), asked["form"])
    target = asked["target"]
    if target not in frame.columns:
        raise _refuse("no_such_column", f"The table has no column {target!r}.")
    roles = [
        _role(frame[name], left_out=asked["left_out"])
        for name in frame.columns
        if name != target
    ]
    if not columns_of(roles):
        raise _refuse("no_columns", "The table has no column of numbers to ask with.")
    frame = frame.with_row_index("").drop_nulls([target])
    whole = matrix_of(frame, roles)
    is_whole = np.asarray(~np.isnan(whole).any(axis=1))
    rows = frame.filter(pl.Series(is_whole))
    if rows.height < FEWEST_ROWS:
        raise _refuse(
            "too_few_rows",
            f"{rows.height} rows have a {target!r} and no empty cell among the numbers; "
            f"a report takes {FEWEST_ROWS} at least.",
        )
    classes = _classes(rows[target], asked) if asked["has_classes"] else []
    chance = np.random.default_rng(asked["seed"])
    order = chance.permutation(rows.height)
    rows, features = rows[order], whole[is_whole][order]
    if classes:
        places = {name: place for place, name in enumerate(classes)}
        truth = np.array([places[one] for one in rows[target].to_list()], np.int64)
    else:
        truth = amounts(rows, {"target": target}).to_numpy().astype(np.float64)
    parts = np.full(rows.height, 2, dtype=np.int64)
    parts[: rows.height // 3] = 0
    arrays = {
        "features": features,
        "target": truth,
        "parts": parts,
        "rows": rows[""].to_numpy().astype(np.int64),
    }
    is_test = parts == 2
    facts = {
        "classes": classes,
        "roles": roles,
        "columns": columns_of(roles),
        "counts": [int((parts == part).sum()) for part in range(3)],
        "dropped": int(len(is_whole) - is_whole.sum()),
        "copies": {"validation": 0, "test": 0},
        "leaks": [],
    }
    files = {
        "learning": encode({name: one[~is_test] for name, one in arrays.items()}, {}),
        "test": encode({name: one[is_test] for name, one in arrays.items()}, {}),
    }
    return encode_files(files, facts)


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


def _classes(target: pl.Series, asked: dict[str, list[str]]) -> list[str]:
    found = [str(one) for one in target.unique().to_list()]
    told = list(asked["classes"])
    if told:
        if foreign := sorted(set(found) - set(told)):
            listed = ", ".join(one[:40] for one in foreign[:SHOWN])
            raise _refuse(
                "foreign_classes",
                f"The table has classes that the model was not said to know: {listed}.",
            )
        return told
    if not 2 <= len(found) <= MOST_CLASSES:
        raise _refuse(
            "not_classes",
            f"{target.name!r} has {len(found):,} different values; 2 to {MOST_CLASSES} "
            "make classes.",
        )
    if all(one.lstrip("-").isdecimal() for one in found):
        return sorted(found, key=int)
    return sorted(found)


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
