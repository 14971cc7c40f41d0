"""Rows of text cells that become numbers by the columns of a signature."""

import json
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.serving.unknown import fitting, placed, to_nearest, unfit
from training.runner.inside.studio.matrix import matrix_of

Floats = NDArray[np.float64]


def read(call: Call, calibration: dict[str, Any]) -> tuple[Floats, Floats | None]:
    """Return the rows as numbers, and how far from known ones if that is looked at."""
    columns = call.arguments["columns"]
    names = [one["name"] for one in columns]
    cells = json.loads(call.read("asked"))
    frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    roles = [
        {"name": one["name"], "role": one["kind"], "values": one["choices"]}
        for one in columns
    ]
    matrix = matrix_of(frame, roles)
    space = calibration.get("space")
    if not space:
        return matrix, None
    if len(space) != matrix.shape[1]:
        raise unfit()
    with fitting():
        return matrix, to_nearest(placed(matrix, space), calibration)
