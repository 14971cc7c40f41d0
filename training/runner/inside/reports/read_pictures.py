"""Reads pictures by class that a brought model is judged on, as they are looked at here.

The model itself is given each of them at its own size, from the same zip.
"""

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.reports.dividing import (
    FEWEST_ROWS,
    divided,
    refuse,
    truth_of,
)
from training.runner.inside.studio.image_rows import read

MOST_PICTURES = 3_000  # drawn from more


def main(call: Call) -> bytes:
    asked = call.arguments
    found = read(call)
    rows = found.frame.with_row_index("")
    if rows.height < FEWEST_ROWS:
        raise refuse(
            "too_few_rows",
            f"{rows.height} pictures can be read; a report takes {FEWEST_ROWS} at least.",
        )
    order = np.random.default_rng(asked["seed"]).permutation(rows.height)
    rows = rows[order[:MOST_PICTURES]]
    classes, truth = truth_of(rows, {**asked, "target": "class"})
    places = rows[""].to_numpy().astype(np.int64)
    pixels = found.beside["pixels"][places]
    arrays = {
        "pixels": pixels,
        "sizes": found.beside["sizes"][places],
        "target": truth,
        "rows": places,
    }
    side = round((pixels.shape[1] / 3) ** 0.5)
    facts = {
        "modality": "IMAGE",
        "classes": classes,
        "roles": [{"name": "file", "role": "IMAGE", "side": side}],
        "dropped": found.frame.height - rows.height,
        "unread": found.unread,
    }
    return divided(arrays, facts, texts=rows["file"].to_list())
