"""Turns a table into what models learn from and, apart from it, what judges them.

The two never come to the same job again until a person opens the test: whoever fits is
given the learning and validation rows alone.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.cut_table import leaks_of
from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import BY_TIME, GROUPED, amounts, moments, sides
from training.runner.inside.studio.matrix import columns_of, matrix_of
from training.runner.inside.studio.roles import roles_of
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import encode

STAGE = "READ"
FEWEST_ROWS = 40
FEWEST_OF_CLASS = 5
MOST_CLASSES = 200
LEARNING, VALIDATION, TEST = range(3)
SHOWN = 5
TELLS_ALL = 0.999


def main(call: Call) -> bytes:
    plan = call.arguments
    frame, _ = read_whole(call.read("table"), plan["form"])
    frame = frame.with_row_index("")  # no column of a table goes by an empty name
    rows = _usable(frame, plan)
    chance = np.random.default_rng(plan["seed"])
    rows = rows[chance.permutation(rows.height)]
    parts = _parts(rows, plan, chance)
    table = rows.drop("")
    learning = table.filter(pl.Series(parts == LEARNING))
    roles = roles_of(learning, target=plan["target"], leave_out=plan["left_out"])
    if not columns_of(roles):
        raise _refuse("no_columns", _nothing_left(roles))
    classes = _classes(table, plan)
    arrays = {
        "features": matrix_of(table, roles),
        "target": _target(table, plan, classes),
        "parts": parts,
        "rows": rows[""].to_numpy().astype(np.int64),
        "order": _order(table, plan),
    }
    is_test = parts == TEST
    used = [role["name"] for role in roles if role["role"] != "SKIPPED"]
    facts = {
        "classes": classes,
        "roles": roles,
        "columns": columns_of(roles),
        "counts": [int((parts == part).sum()) for part in range(3)],
        "dropped": frame.height - rows.height,
        "copies": _copies(table, parts, used),
        "leaks": _leaks(table, parts, used, plan),
    }
    files = {
        "learning": encode({name: one[~is_test] for name, one in arrays.items()}, {}),
        "test": encode({name: one[is_test] for name, one in arrays.items()}, {}),
    }
    return encode_files(files, facts)


def _usable(frame: pl.DataFrame, plan: dict[str, Any]) -> pl.DataFrame:
    """Return the rows with a target, and with a time where that parts them.

    Raises:
        Refusal: a column is missing, or the target cannot be learnt; it says what to do.
    """
    target = plan["target"]
    wanted = [target, *([plan["by"]] if plan["by"] else [])]
    if lost := [name for name in wanted if name not in frame.columns]:
        raise _refuse("no_such_column", f"The table has no column {lost[0]!r}.")
    needed = [target, *([plan["by"]] if plan["manner"] == BY_TIME else [])]
    rows = frame.drop_nulls(needed)
    if rows.height < FEWEST_ROWS:
        raise _refuse(
            "too_few_rows",
            f"{rows.height} rows have a {target!r}; to learn, validate and test takes "
            f"{FEWEST_ROWS} at least. Add rows.",
        )
    counts = rows[target].alias("").value_counts(sort=True, name="n")
    if counts.height == 1:
        only = counts[""][0][:40]
        raise _refuse(
            "one_class",
            f"{target!r} always says {only!r}, so there is nothing to predict. Choose "
            "another column, or add rows of other kinds.",
        )
    if plan["has_classes"]:
        _require_common(counts, target)
    else:
        amounts(rows, plan)
    return rows


def _require_common(counts: pl.DataFrame, target: str) -> None:
    if counts.height > MOST_CLASSES:
        raise _refuse(
            "too_many_classes",
            f"{target!r} has {counts.height:,} different values; {MOST_CLASSES} classes "
            "are the most. Predict it as an amount, or put values together.",
        )
    rare = counts.filter(pl.col("n") < FEWEST_OF_CLASS).sort("n", "")
    if rare.height:
        told = ", ".join(
            f"{value[:40]!r} ({n})" for value, n in rare.head(SHOWN).iter_rows()
        )
        more = f" and {rare.height - SHOWN} more" if rare.height > SHOWN else ""
        raise _refuse(
            "rare_class",
            f"Each class needs {FEWEST_OF_CLASS} rows at least, and these have fewer: "
            f"{told}{more}. Add rows of them, put them together with others, or remove "
            "them.",
        )


def _parts(
    rows: pl.DataFrame, plan: dict[str, Any], chance: np.random.Generator
) -> NDArray[np.int64]:
    held, tested = sides(rows, plan | {"private_bps": plan["test_bps"]}, chance)
    parts = np.full(rows.height, LEARNING, dtype=np.int64)
    parts[held] = VALIDATION
    parts[tested] = TEST
    for part, name in ((LEARNING, "learn from"), (VALIDATION, "validate on")):
        if (parts == part).sum() < 2:
            raise _refuse("too_few_rows", f"No rows would be left to {name}. Add rows.")
    if not (parts == TEST).any():
        raise _refuse("too_few_rows", "No rows would be left to test on. Add rows.")
    return parts


def _classes(table: pl.DataFrame, plan: dict[str, Any]) -> list[str]:
    if not plan["has_classes"]:
        return []
    return sorted(table[plan["target"]].unique().to_list())


def _target(
    table: pl.DataFrame, plan: dict[str, Any], classes: list[str]
) -> NDArray[Any]:
    if not classes:
        return amounts(table, plan).to_numpy().astype(np.float64)
    places = {name: place for place, name in enumerate(classes)}
    told = table[plan["target"]].to_list()
    return np.array([places[one] for one in told], dtype=np.int64)


def _order(table: pl.DataFrame, plan: dict[str, Any]) -> NDArray[np.int64]:
    """Return what folds are made by: the group of each row, its time, or nothing."""
    if plan["manner"] == GROUPED:
        groups = table[plan["by"]].fill_null("").rank("dense")
        return np.asarray(groups.to_numpy(), dtype=np.int64)
    if plan["manner"] == BY_TIME:
        ranks = moments(table[plan["by"]]).rank("dense")
        return np.asarray(ranks.to_numpy(), dtype=np.int64)
    return np.zeros(table.height, dtype=np.int64)


def _copies(
    table: pl.DataFrame, parts: NDArray[np.int64], used: list[str]
) -> dict[str, int]:
    """Count rows to validate and to test on that stand among those to learn from."""
    learning = table.filter(pl.Series(parts == LEARNING)).select(used)

    def known(part: int) -> int:
        others = table.filter(pl.Series(parts == part)).select(used)
        return others.join(learning, on=used, how="semi", nulls_equal=True).height

    return {"validation": known(VALIDATION), "test": known(TEST)}


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
        if len(values) < FEWEST_ROWS // 2 or not values.std():
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


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
