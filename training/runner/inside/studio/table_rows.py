"""Reads rows of cells: which column is what, which are copies, and which tell too much."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.cut_table import leaks_of
from training.runner.inside.refusal import Refusal
from training.runner.inside.sampled_tables import read_table
from training.runner.inside.sides import amounts
from training.runner.inside.studio.matrix import columns_of, matrix_of
from training.runner.inside.studio.modalities import (
    LEARNING,
    VALIDATION,
    Arrays,
    Described,
    Found,
    copies_of,
    needed_in,
)
from training.runner.inside.studio.roles import roles_of
from training.runner.inside.whole_tables import read_whole

STAGE = "READ"
FEWEST_COMPARED = 20  # amounts that are there in a column, to say that it tells all
TELLS_ALL = 0.999
SHOWN = 5


def read(call: Call) -> Found:
    plan = call.arguments
    read = read_table(call, plan, needed=needed_in(plan))
    return Found(read.frame, places=read.places, sample=read.sample)


def described(
    table: pl.DataFrame, _found: Found, parts: NDArray[Any], plan: dict[str, Any]
) -> Described:
    rows = table.drop("")
    learning = rows.filter(pl.Series(parts == LEARNING))
    roles = roles_of(learning, target=plan["target"], leave_out=plan["left_out"])
    if not columns_of(roles):
        raise Refusal("no_columns", _nothing_left(roles), STAGE)
    used = [role["name"] for role in roles if role["role"] != "SKIPPED"]
    matrix = matrix_of(rows, roles)
    return Described(
        arrays_of=lambda wanted: {"features": matrix[wanted]},
        roles=roles,
        copies=copies_of(rows.select(used), parts),
        columns=columns_of(roles),
        leaks=_leaks(rows, parts, used, plan),
    )


def asked(call: Call) -> Arrays:
    frame, _ = read_whole(call.read("rows"), call.arguments["form"])
    try:
        return {"features": matrix_of(frame, call.arguments["roles"])}
    except KeyError as missing:
        message = f"The column {missing.args[0]!r} is missing."
        raise Refusal("column_missing", message, STAGE) from missing


def _leaks(
    table: pl.DataFrame,
    parts: NDArray[np.int64],
    used: list[str],
    plan: dict[str, Any],
) -> list[tuple[str, float]]:
    """Return columns that tell the target alone, each with how well: a share, or r²."""
    learning = table.filter(pl.Series(parts == LEARNING))
    if plan["has_classes"]:
        held = table.filter(pl.Series(parts == VALIDATION))
        return leaks_of(learning, held, {**plan, "features": used})
    found = []
    target = amounts(learning, plan).to_numpy()
    for name in used:
        column = learning[name].str.strip_chars().cast(pl.Float64, strict=False)
        is_there = column.is_finite().fill_null(value=False).to_numpy()
        values = column.to_numpy()[is_there]
        if len(values) < FEWEST_COMPARED or not values.std():
            continue
        r2 = float(np.corrcoef(values, target[is_there])[0, 1] ** 2)
        if r2 >= TELLS_ALL:
            found.append((name, round(r2, 4)))
    return found


def _nothing_left(roles: list[dict[str, Any]]) -> str:
    told = "; ".join(
        f"{role['name']!r}: {role.get('why', 'It is prose.')}" for role in roles[:SHOWN]
    )
    return f"No column is left to learn from. {told}"
