"""Has a model answer rows of a table whose right answers are known, to tell how it errs."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.recalibrating import recalibrated
from training.runner.inside.refusal import Refusal
from training.runner.inside.serving.answer import checked, loaded
from training.runner.inside.sides import amounts
from training.runner.inside.studio.matrix import matrix_of
from training.runner.inside.studio.texts import as_inputs, joined, readable
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import encode

STAGE = "READ"
MOST_ROWS = 4_000
SHOWN = 5
SEED = 20_261_123

Arrays = dict[str, NDArray[Any]]


def main(call: Call) -> bytes:
    asked = call.arguments
    frame, _ = read_whole(call.read("table"), asked["form"])
    names = asked["names"]
    target = asked["column"]
    lost = [name for name in (*names, target) if name not in frame.columns]
    if lost:
        listed = ", ".join(frame.columns[:SHOWN])
        raise _refuse(
            "no_such_column",
            f"The table has no column {lost[0]!r}, which the model takes or tells. It has "
            f"{listed}.",
        )
    frame = _drawn(frame.select(list(dict.fromkeys([*names, target]))).drop_nulls())
    given, arrays, frame = _given(frame, asked)
    if not frame.height:
        raise _refuse("too_few_rows", "No row of the table has every value needed.")
    classes = asked["classes"]
    width = max(len(classes), 1)
    told = checked(loaded(call)(given), rows=len(given), width=width)
    if classes:
        told = recalibrated(told, asked["recalibration"])
    truth = _truth(frame, target, classes)
    return encode({**arrays, "told": told, "truth": truth}, {})


def _drawn(frame: pl.DataFrame) -> pl.DataFrame:
    order = np.random.default_rng(SEED).permutation(frame.height)[:MOST_ROWS]
    return frame[order]


def _given(
    frame: pl.DataFrame, asked: dict[str, Any]
) -> tuple[NDArray[Any], Arrays, pl.DataFrame]:
    """Return what the model is given, what is compared with, and the rows it is of."""
    if asked["takes"] == "TEXT":
        texts = [readable(one) for one in frame[asked["names"][0]].to_list()]
        letters, ends = joined(texts)
        return as_inputs(texts), {"letters": letters, "ends": ends}, frame
    roles = [
        {"name": name, "role": one["kind"], "values": one["choices"]}
        for name, one in zip(asked["names"], asked["columns"], strict=True)
    ]
    matrix = matrix_of(frame, roles)
    is_whole = np.asarray(~np.isnan(matrix).any(axis=1))
    matrix = matrix[is_whole]
    return matrix, {"features": matrix}, frame.filter(pl.Series(is_whole))


def _truth(frame: pl.DataFrame, target: str, classes: list[str]) -> NDArray[Any]:
    if not classes:
        return amounts(frame, {"target": target}).to_numpy().astype(np.float64)
    told = [str(one) for one in frame[target].to_list()]
    return places_of(told, classes, where=f"The column {target!r}")


def places_of(told: list[str], classes: list[str], *, where: str) -> NDArray[np.int64]:
    """Return (n,) places of right answers among a model's classes.

    Raises:
        Refusal: one is not among them; it says where they stand.
    """
    places = {name: place for place, name in enumerate(classes)}
    if foreign := sorted(set(told) - set(classes)):
        listed = ", ".join(repr(one[:40]) for one in foreign[:SHOWN])
        raise _refuse(
            "foreign_classes",
            f"{where} has {listed}, which the model's classes have not. Name them alike, "
            "or choose another.",
        )
    return np.array([places[one] for one in told], dtype=np.int64)


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
