"""Turns rows into what models learn from and, apart from it, what judges them.

The two never come to the same job again until a person opens the test: whoever fits is
given the learning and validation rows alone.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import BY_TIME, GROUPED, amounts, moments, sides
from training.runner.inside.studio.modalities import (
    LEARNING,
    TEST,
    VALIDATION,
    Bools,
    Found,
    Plan,
    Reader,
    needed_in,
    reader_of,
)
from training.runner.inside.wire import encode

STAGE = "READ"
FEWEST_ROWS = 40
FEWEST_OF_CLASS = 5
MOST_CLASSES = 200
SHOWN = 5


def main(call: Call) -> bytes:
    plan = call.arguments
    reader = reader_of(plan["modality"])
    found = reader.read(call)
    try:
        return _parted(found, reader, plan)
    except Refusal as refusal:
        if sample := found.sample:
            refusal.message += (
                f" This is of a sample, {sample['kept']:,} of {sample['rows']:,} rows."
            )
        raise


def _parted(found: Found, reader: Reader, plan: Plan) -> bytes:
    frame, unusable = _placed(found)
    rows = _usable(frame, plan)
    chance = np.random.default_rng(plan["seed"])
    rows = rows[chance.permutation(rows.height)]
    parts = _parts(rows, plan, chance)
    described = reader.described(rows, found, parts, plan)
    classes = _classes(rows, plan)
    arrays = {
        "target": _target(rows, plan, classes),
        "parts": parts,
        "rows": rows[""].to_numpy().astype(np.int64),
        "order": _order(rows, plan),
    }
    facts = {
        "modality": plan["modality"],
        "classes": classes,
        "roles": described.roles,
        "columns": described.columns,
        "counts": [int((parts == part).sum()) for part in range(3)],
        "dropped": unusable + frame.height - rows.height,
        "sample": found.sample,
        "copies": described.copies,
        "leaks": described.leaks,
        "unread": found.unread,
    }

    def those(wanted: Bools) -> bytes:
        own = {name: one[wanted] for name, one in arrays.items()}
        return encode({**own, **described.arrays_of(wanted)}, {})

    files = {"learning": those(parts != TEST), "test": those(parts == TEST)}
    return encode_files(files, facts)


def _placed(found: Found) -> tuple[pl.DataFrame, int]:
    """Return the rows with their places in a column of no name, which none has itself.

    And how many of a large table were not drawn, since they lack what is needed.
    """
    if found.places is None or found.sample is None:
        return found.frame.with_row_index(""), 0
    placed = found.frame.with_columns(pl.Series("", found.places))
    return placed, found.sample["rows"] - found.sample["usable"]


def _usable(frame: pl.DataFrame, plan: dict[str, Any]) -> pl.DataFrame:
    """Return the rows with a target, and with a time where that parts them.

    Raises:
        Refusal: a column is missing, or the target cannot be learnt; it says what to do.
    """
    target = plan["target"]
    needed = needed_in(plan)
    wanted = [*needed, *([plan["by"]] if plan["by"] else [])]
    if lost := [name for name in wanted if name not in frame.columns]:
        raise _refuse("no_such_column", f"The table has no column {lost[0]!r}.")
    rows = frame.drop_nulls(needed)
    noun = "rows"
    if plan["modality"] == "IMAGE":
        noun = "pictures"
        rows = rows.filter(~pl.col(target).is_in(plan["left_out"]))
    if rows.height < FEWEST_ROWS:
        raise _refuse(
            "too_few_rows",
            f"{rows.height} {noun} have a {target!r}; to learn, validate and test takes "
            f"{FEWEST_ROWS} at least. Add {noun}.",
        )
    counts = rows[target].alias("").value_counts(sort=True, name="n")
    if counts.height == 1:
        only = counts[""][0][:40]
        raise _refuse(
            "one_class",
            f"{target!r} always says {only!r}, so there is nothing to predict. Choose "
            f"another column, or add {noun} of other kinds.",
        )
    if plan["has_classes"]:
        _require_common(counts, target, noun)
    else:
        amounts(rows, plan)
    return rows


def _require_common(counts: pl.DataFrame, target: str, noun: str) -> None:
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
            f"Each class needs {FEWEST_OF_CLASS} {noun} at least, and these have fewer: "
            f"{told}{more}. Add {noun} of them, put them together with others, or leave "
            "them out.",
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


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
