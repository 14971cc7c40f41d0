"""Has a model answer pictures whose classes are known, to tell how it errs."""

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.recalibrating import recalibrated
from training.runner.inside.serving.answer import checked, loaded
from training.runner.inside.serving.calibrate import places_of
from training.runner.inside.serving.many_pictures import answers_in_time
from training.runner.inside.studio.image_rows import found_in
from training.runner.inside.wire import encode

MOST_PICTURES = 2_000
SEED = 20_261_123


def main(call: Call) -> bytes:
    """Return `pixels` as the studio sees pictures, what was `told`, and the `truth`."""
    asked = call.arguments
    table = call.read("table")
    found = found_in(table)
    order = np.random.default_rng(SEED).permutation(found.frame.height)[:MOST_PICTURES]
    rows = found.frame[order]
    truth = places_of(rows["class"].to_list(), asked["classes"], where="A folder")
    told = answers_in_time(
        loaded(call),
        table,
        rows["file"].to_list(),
        asked["picture"],
        seconds=asked["seconds"],
    )
    count = len(told)
    told = checked(told, rows=count, width=len(asked["classes"]))
    told = recalibrated(told, asked["recalibration"])
    pixels = found.beside["pixels"][order[:count]]
    return encode({"pixels": pixels, "told": told, "truth": truth[:count]}, {})
