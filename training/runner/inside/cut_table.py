"""Cuts a table into what entrants learn from, what they predict, and the truth.

Rows are shuffled by the seed first, so that their order tells nothing. By default the
split is stratified: each class, or each tenth of an amount, gives its share (Kohavi, 1995,
“A study of cross-validation and bootstrap for accuracy estimation and model selection”);
`sides` has the others.
"""

import io
import math
from typing import Any

import numpy as np
import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import BY_TIME, amounts, sides
from training.runner.inside.whole_tables import read_whole

STAGE = "READ"
FEWEST_PUBLIC = 2
TELLS_ALL = 0.99
MOST_LEAKS = 20
ID, SPLIT = "id", "split"


def main(call: Call) -> bytes:
    plan = call.arguments
    frame, _ = read_whole(call.read("table"), plan["form"])
    wanted = [plan["target"], *plan["features"]]
    wanted += [plan[name] for name in ("id_column", "by") if plan[name]]
    if lost := [name for name in wanted if name not in frame.columns]:
        raise _refuse("no_such_column", f"The table has no column {lost[0]!r}.")
    needed = [plan["target"], *([plan["by"]] if plan["manner"] == BY_TIME else [])]
    kept = frame.drop_nulls(needed)
    shuffled = np.random.default_rng(plan["seed"])
    kept = kept[shuffled.permutation(kept.height)]
    if not plan["has_classes"]:
        amounts(kept, plan)
    is_held, is_hidden = sides(kept, plan, shuffled)
    held, training = kept.filter(pl.Series(is_held)), kept.filter(pl.Series(~is_held))
    is_private = pl.Series(is_hidden[is_held])
    if not training.height or (~is_private).sum() < FEWEST_PUBLIC:
        raise _refuse(
            "too_few_rows",
            f"Of {kept.height} rows with a target, {held.height} would be held out and "
            f"{int((~is_private).sum())} of them shown on the board. Hold out more, or "
            "take a larger table.",
        )
    return _written(
        training, held, is_private, plan, dropped=frame.height - kept.height
    )


def _written(
    training: pl.DataFrame,
    held: pl.DataFrame,
    is_private: pl.Series,
    plan: dict[str, Any],
    *,
    dropped: int,
) -> bytes:
    target, features = plan["target"], list(plan["features"])
    id_name = plan["id_column"] or _free(ID, [target, *features])
    split_name = _free(SPLIT, [target, id_name])
    training, held = _with_ids(training, held, plan["id_column"], id_name)
    split = pl.Series(split_name, np.where(is_private, "private", "public"))
    files = {
        "training": _csv(training.select(id_name, *features, target)),
        "inputs": _csv(held.select(id_name, *features)),
        "truth": _csv(held.select(id_name, target).with_columns(split)),
    }
    facts = {
        "training_rows": training.height,
        "public_rows": int((~is_private).sum()),
        "private_rows": int(is_private.sum()),
        "dropped_rows": dropped,
        "known_rows": _known(training, held, features),
        "columns": [id_name, target, split_name],
        "leaks": leaks_of(training, held, plan) if plan["has_classes"] else [],
    }
    return encode_files(files, facts)


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _with_ids(
    training: pl.DataFrame, held: pl.DataFrame, column: str, name: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number rows that have no id.

    Raises:
        Refusal: an id is empty or comes twice.
    """
    if not column:
        numbers = pl.int_range(1, training.height + held.height + 1, eager=True)
        named = numbers.cast(pl.String).alias(name)
        return (
            training.with_columns(named.tail(training.height)),
            held.with_columns(named.head(held.height)),
        )
    ids = pl.concat([training[column], held[column]])
    if ids.null_count():
        raise _refuse("id_missing", f"{ids.null_count()} rows have no {column!r}.")
    if (twice := ids.filter(ids.is_duplicated())).len():
        message = f"The id {twice[0][:60]!r} in {column!r} comes more than once."
        raise _refuse("id_twice", message)
    return training, held


def _known(training: pl.DataFrame, held: pl.DataFrame, features: list[str]) -> int:
    if not features:
        return 0
    return held.join(training, on=features, how="semi", nulls_equal=True).height


def leaks_of(
    training: pl.DataFrame, held: pl.DataFrame, plan: dict[str, Any]
) -> list[tuple[str, float]]:
    """Return features that tell the class alone: looked up, value by value.

    A value that comes once teaches nothing that could be looked up again, so a column of
    names does not count by itself.
    """
    target, found = plan["target"], []
    base = held[target].alias("").value_counts(name="n")["n"].max()
    usual = (base if isinstance(base, int) else 0) / max(held.height, 1)
    for name in plan["features"]:
        columns = {"value": pl.col(name), "truth": pl.col(target)}
        seen = training.select(**columns).drop_nulls("value").group_by("value")
        told = seen.agg(told=pl.col("truth").mode().min())
        looked_up = held.select(**columns).join(told, on="value", how="left")
        right = float(
            (looked_up["told"] == looked_up["truth"]).fill_null(value=False).sum()
        )
        share = right / max(held.height, 1)
        if share >= TELLS_ALL and share > usual + (1 - usual) / 2:
            found.append((name, math.floor(share * 10_000) / 10_000))
    return found[:MOST_LEAKS]


def _csv(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_csv(out)
    return out.getvalue()


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
