"""Reads what models brought by people answer, as probabilities or amounts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.measuring import BATCH_ROWS, in_batches
from training.runner.inside.onnx_answers import answers_of, joined
from training.runner.inside.refusal import Refusal

Floats = NDArray[np.float64]
Answer = Callable[[Floats], Floats]


def answering(
    run: Callable[[Floats], list[Any]],
    classes: list[str],
    *,
    fixed_rows: int | None = None,
) -> Answer:
    """Return what turns rows into (n, k) probabilities or (n, 1) amounts.

    Args:
        run: a model's way to run one batch.
        classes: in the order of the model; none for amounts.
        fixed_rows: of a batch, if the model insists.
    """

    def answer(rows: Floats) -> Floats:
        given, size = np.ascontiguousarray(rows), fixed_rows or BATCH_ROWS
        batches = list(in_batches(run, given, size=size))
        if len({len(outputs) for outputs in batches}) != 1 or not batches[0]:
            message = (
                "The model does not answer with one row for each row of the table."
            )
            raise Refusal("wrong_outputs", message, "RUN")
        _, values = answers_of(joined(batches), classes, needs_probabilities=True)
        return values

    return answer
