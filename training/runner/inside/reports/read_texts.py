"""Reads a table with texts that a brought model is judged on, and what each should be."""

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.reports.dividing import (
    FEWEST_ROWS,
    divided,
    refuse,
    require_columns,
    truth_of,
)
from training.runner.inside.studio.texts import readable
from training.runner.inside.whole_tables import read_whole

MOST_TEXTS = 9_000  # drawn from more


def main(call: Call) -> bytes:
    asked = call.arguments
    frame, _ = read_whole(call.read("table"), asked["form"])
    target, text = asked["target"], asked["text"]
    require_columns(frame, text, target)
    rows = frame.with_row_index("").drop_nulls([target, text])
    if rows.height < FEWEST_ROWS:
        raise refuse(
            "too_few_rows",
            f"{rows.height} rows have both a {text!r} and a {target!r}; a report takes "
            f"{FEWEST_ROWS} at least.",
        )
    order = np.random.default_rng(asked["seed"]).permutation(rows.height)
    rows = rows[order[:MOST_TEXTS]]
    classes, truth = truth_of(rows, asked)
    texts = [readable(one) for one in rows[text].to_list()]
    arrays = {"target": truth, "rows": rows[""].to_numpy().astype(np.int64)}
    facts = {
        "modality": "TEXT",
        "classes": classes,
        "roles": [{"name": text, "role": "TEXT"}],
        "dropped": frame.height - rows.height,
    }
    return divided(arrays, facts, texts=texts)
