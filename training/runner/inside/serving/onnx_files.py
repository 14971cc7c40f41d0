"""Has an ONNX model answer, whatever shapes it insists on."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.measuring import BATCH_ROWS, in_batches
from training.runner.inside.onnx_answers import answers_of, joined
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import (
    ELEMENTS,
    RUNTIME_ERRORS,
    Model,
    open_session,
)
from training.runner.inside.refusal import Refusal

Floats = NDArray[np.float64]


def load(call: Call) -> Callable[[Any], Floats]:
    """Open the model, and return what answers."""
    data = call.read("model")
    parsed(data)
    session = open_session(data, threads=1)
    asked = call.arguments
    if asked["takes"] == "ROW":
        names = [one["name"] for one in asked["columns"]]
        run = _of_rows(session, names)
    elif asked["takes"] == "TEXT":
        run = _alone(session, _words)
    else:
        run = _alone(session, _tensor)

    def answer(given: Any) -> Floats:
        outputs = run(given)
        try:
            return answers_of(outputs, asked["classes"], needs_probabilities=True)[1]
        except Refusal as refusal:
            if refusal.code != "not_finite":
                raise
            message = (
                "The model answers with no number. It may not take what is not known: "
                "give every value."
            )
            raise Refusal("not_finite", message, "RUN") from refusal

    return answer


def _of_rows(session: Any, names: list[str]) -> Callable[[Floats], list[Any]]:
    only = session.get_inputs()[0]
    width = only.shape[1] if len(only.shape) == 2 else None
    is_one = len(session.get_inputs()) == 1
    columns = names if not is_one or not isinstance(width, int) else [""] * width
    model = Model(session, columns=columns)

    def run(rows: Floats) -> list[Any]:
        if is_one and isinstance(width, int) and rows.shape[1] != width:
            raise _unmatched(only, f"{rows.shape[1]} columns")
        size = model.fixed_rows or BATCH_ROWS
        return joined(list(in_batches(model.run, rows, size=size)))

    return run


def _alone(session: Any, made: Callable[[Any, Any], Any]) -> Callable[[Any], list[Any]]:
    """Return what runs a model of one input, in the batches that it insists on."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise _unmatched(inputs[0], "one input and no other")
    names = [one.name for one in session.get_outputs()]
    first = inputs[0].shape[0] if inputs[0].shape else None
    fixed_rows = first if isinstance(first, int) and first > 0 else None

    def once(given: Any) -> list[Any]:
        count = len(given)
        if fixed_rows and count < fixed_rows:
            padding = np.repeat(given[-1:], fixed_rows - count, axis=0)
            given = np.concatenate([given, padding])
        fed = {inputs[0].name: made(inputs[0], given)}
        try:
            outputs = session.run(names, fed)
        except RUNTIME_ERRORS as failed:
            told = " ".join(str(failed).split())[:300]
            message = f"The model fails on what it was given: {told}"
            raise Refusal("model_failed", message, "RUN") from failed
        return [one[:count] for one in outputs if len(one) == len(given)]

    def run(given: Any) -> list[Any]:
        size = fixed_rows or len(given)
        return joined(list(in_batches(once, given, size=size)))

    return run


def _words(one: Any, texts: NDArray[Any]) -> NDArray[Any]:
    if one.type != "tensor(string)" or len(one.shape) not in {1, 2}:
        raise _unmatched(one, "texts of shape [n] or [n, 1]")
    return texts.reshape(-1, *[1] * (len(one.shape) - 1))


def _tensor(one: Any, made: NDArray[Any]) -> NDArray[Any]:
    wanted = one.shape[1:]
    has_shape = len(wanted) == made.ndim - 1 and all(
        not isinstance(side, int) or side == own
        for side, own in zip(wanted, made.shape[1:], strict=True)
    )
    if one.type not in ELEMENTS or not has_shape:
        raise _unmatched(one, f"a picture of shape {[1, *made.shape[1:]]}")
    return made.astype(ELEMENTS[one.type])


def _unmatched(one: Any, given: str) -> Refusal:
    message = (
        f"The model's input {one.name!r} is a {one.type} of shape {one.shape}, and its "
        f"signature promises {given}."
    )
    return Refusal("wrong_inputs", message, "LOAD")
