"""Compares a model with its export on the rows to validate on, as it is run at home."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.feeding import Rows
from training.runner.inside.files import encode_files
from training.runner.inside.measuring import in_batches
from training.runner.inside.onnx_answers import answers_of, joined
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import Model, open_session
from training.runner.inside.refusal import Refusal

VALIDATION = 1
AT_ONCE = 256

Floats = NDArray[np.float64]


def exported(
    write: Callable[[], bytes], rows: Rows, own: Floats, *, classes: int
) -> bytes:
    """Return the file `onnx` with how far it is from the model, or `why` there is none.

    Args:
        write: writes the model as ONNX.
        rows: (n, d) to validate on, as the export takes them.
        own: (n, k) probabilities of the model itself, or (n, 1) amounts.
        classes: k, or 0 for amounts.
    """
    try:
        written = write()
        answers = _answers(written, rows, classes)
    except Refusal as refusal:
        return encode_files({}, {"why": refusal.message[:300]})
    except Exception as failed:  # noqa: BLE001  the converter raises whatever it meets
        told = " ".join(str(failed).split())[:200]
        return encode_files({}, {"why": f"{type(failed).__name__}: {told}"})
    changed = answers.argmax(axis=1) != own.argmax(axis=1)
    facts = {
        "largest": float(np.abs(answers - own).max()),
        "spread": float(own.std()) if np.ptp(own) else 0.0,
        "size": float(np.abs(own).max()),
        "changed": int(changed.sum()) if classes else 0,
        "rows": len(rows),
    }
    return encode_files({"onnx": written}, facts)


def _answers(written: bytes, rows: Rows, classes: int) -> Floats:
    """Run what was written as whoever takes it home does."""
    parsed(written)
    session = open_session(written, threads=1)
    model = Model(session, columns=[""] * rows.shape[1])
    names = [str(place) for place in range(classes)]
    outputs: list[Any] = joined(list(in_batches(model.run, rows, size=AT_ONCE)))
    return answers_of(outputs, names, needs_probabilities=True)[1]
