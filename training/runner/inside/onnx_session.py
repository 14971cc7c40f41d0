"""Feeds tables to an ONNX model, and reads what comes out as answers to the contest."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from training.runner.inside.feeding import Rows
from training.runner.inside.feeding import told as _told
from training.runner.inside.refusal import Refusal

ELEMENTS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}
QUIET = 4
RUNTIME_ERRORS = (
    errors.EPFail,
    errors.EngineError,
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.NoModel,
    errors.NotFound,
    errors.NotImplemented,
    errors.RuntimeException,
    RuntimeError,
    ValueError,
)

Feed = Callable[[Rows], dict[str, NDArray[Any]]]


def _refusal(code: str, doing: str, error: Exception) -> Refusal:
    text = _told(error)
    if "alloc" in text.lower():
        message = f"The model needs more memory than a job has, while {doing}: {text}"
        return Refusal("out_of_memory", message, "RUN")
    message = f"ONNX Runtime {ort.__version__} refused while {doing}: {text}"
    return Refusal(code, message, "LOAD" if code == "unusable_model" else "RUN")


def open_session(data: bytes, *, threads: int) -> ort.InferenceSession:
    """Open a model from bytes, which lets it refer to no other file.

    Raises:
        Refusal: the runtime does not take it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    options.use_deterministic_compute = True
    try:
        return ort.InferenceSession(
            data, sess_options=options, providers=["CPUExecutionProvider"]
        )
    except RUNTIME_ERRORS as error:
        raise _refusal("unusable_model", "loading the model", error) from error


class Model:
    """A session with the way to feed it, whatever batch size it insists on."""

    def __init__(self, session: ort.InferenceSession, *, columns: list[str]) -> None:
        """Match the model's inputs with the contest's columns.

        Raises:
            Refusal: they do not match; it says what the model wants.
        """
        self.session = session
        self.columns = columns
        inputs = session.get_inputs()
        self.feed, first = self._match(inputs)
        self.fixed_rows = first if isinstance(first, int) and first > 0 else None
        self.output_names = [one.name for one in session.get_outputs()]

    def _match(self, inputs: list[Any]) -> tuple[Feed, Any]:
        for one in inputs:
            if one.type not in ELEMENTS:
                raise self._unmatched(f"the input {one.name!r} is a {one.type}")
        if len(inputs) == 1:
            only = inputs[0]
            rest = only.shape[1:]
            sizes = [side for side in rest if isinstance(side, int)]
            is_fixed = len(sizes) == len(rest)
            is_flat = len(rest) == 1
            if (is_fixed and prod(sizes) == len(self.columns)) or (
                is_flat and not is_fixed
            ):
                shape = [-1, *(sizes if is_fixed else [len(self.columns)])]
                kind = ELEMENTS[only.type]
                name = only.name
                return (
                    lambda rows: {name: rows.astype(kind).reshape(shape)}
                ), only.shape[0]
            raise self._unmatched(f"the input {only.name!r} has the shape {only.shape}")
        places = {name: place for place, name in enumerate(self.columns)}
        for one in inputs:
            if one.name not in places:
                raise self._unmatched(f"the input {one.name!r} is no column")
            if one.shape[1:] not in ([], [1]):
                raise self._unmatched(f"the input {one.name!r} is {one.shape}")

        def feed(rows: Rows) -> dict[str, NDArray[Any]]:
            return {
                one.name: rows[:, places[one.name]]
                .astype(ELEMENTS[one.type])
                .reshape([-1, *one.shape[1:]])
                for one in inputs
            }

        return feed, inputs[0].shape[0] if inputs else None

    def _unmatched(self, problem: str) -> Refusal:
        listed = ", ".join(self.columns[:8]) + (",…" if len(self.columns) > 8 else "")
        message = (
            f"The model does not fit the inputs: {problem}, while there are "
            f"{len(self.columns)} numeric columns ({listed}). Take one tensor of shape "
            f"[rows, {len(self.columns)}], or one input for each column."
        )
        return Refusal("wrong_inputs", message, "LOAD")

    def run(self, rows: Rows) -> list[Any]:
        """Run one batch.

        Raises:
            Refusal: the runtime failed on it.
        """
        count = len(rows)
        padded = rows
        if self.fixed_rows and count < self.fixed_rows:
            padding = np.repeat(rows[-1:], self.fixed_rows - count, axis=0)
            padded = np.concatenate([rows, padding])
        try:
            outputs = self.session.run(self.output_names, self.feed(padded))
        except RUNTIME_ERRORS as error:
            raise _refusal("model_failed", "running the model", error) from error
        return [
            output[:count]
            for output in outputs
            if (isinstance(output, list) or output.ndim) and len(output) == len(padded)
        ]
