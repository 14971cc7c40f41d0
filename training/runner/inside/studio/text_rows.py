"""Reads rows of texts from one column of a table; texts of one essence are copies."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.sampled_tables import read_table
from training.runner.inside.studio.modalities import (
    Arrays,
    Described,
    Found,
    copies_of,
    needed_in,
)
from training.runner.inside.studio.texts import essence, joined, readable
from training.runner.inside.whole_tables import read_whole

STAGE = "READ"


def read(call: Call) -> Found:
    plan = call.arguments
    read = read_table(call, plan, needed=needed_in(plan))
    return Found(read.frame, places=read.places, sample=read.sample)


def described(
    table: pl.DataFrame, _found: Found, parts: NDArray[Any], plan: dict[str, Any]
) -> Described:
    texts = [readable(one) for one in table[plan["text"]].to_list()]
    essences = pl.DataFrame({"essence": [essence(one) for one in texts]})

    def arrays_of(wanted: NDArray[np.bool_]) -> Arrays:
        letters, ends = joined(
            [text for text, is_wanted in zip(texts, wanted, strict=True) if is_wanted]
        )
        return {"letters": letters, "ends": ends}

    return Described(
        arrays_of=arrays_of,
        roles=[{"name": plan["text"], "role": "TEXT"}],
        copies=copies_of(essences, parts),
    )


def asked(call: Call) -> Arrays:
    frame, _ = read_whole(call.read("rows"), call.arguments["form"])
    (role,) = call.arguments["roles"]
    if role["name"] not in frame.columns:
        message = f"The column {role['name']!r} is missing."
        raise Refusal("column_missing", message, STAGE)
    letters, ends = joined([readable(one) for one in frame[role["name"]].to_list()])
    return {"letters": letters, "ends": ends}
