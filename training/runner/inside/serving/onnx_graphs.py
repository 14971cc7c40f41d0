"""What an ONNX graph takes and gives, once it was tried on nothing but zeros.

What a graph says of its outputs is often less than what comes out of them, so one batch
is run wherever the inputs say how large they are.
"""

import ast
import json
from typing import Any

import numpy as np
import onnx
from onnx import helper

from training.runner.inside.onnx_model import facts_of, parsed
from training.runner.inside.onnx_session import (
    ELEMENTS,
    RUNTIME_ERRORS,
    open_session,
)

BATCH = 2
USUAL_CHANNELS, USUAL_SIDE = 3, 224
LONGEST_METADATA = 64 * 2**10  # characters
CLASS_ATTRIBUTES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
CLASS_KEYS = ("names", "labels", "classes", "class_names", "id2label", "label2id")
COLUMN_KEYS = ("columns", "feature_names", "features", "input_names")

Json = dict[str, Any]


def described(data: bytes) -> Json:
    """Describe a model as `training.runner.serving.describing` reads it.

    Raises:
        Refusal: it is no ONNX model, or the runtime does not take it.
    """
    model = parsed(data)
    facts = facts_of(model, size_bytes=len(data))
    session = open_session(data, threads=1)
    words = {one.key.lower(): one.value for one in model.metadata_props}
    outputs, keys, untried = _tried(session)
    return {
        "inputs": facts["inputs"],
        "outputs": facts["outputs"] if outputs is None else outputs,
        "untried": untried,
        "columns": _said(words, COLUMN_KEYS),
        "classes": [keys, *_of_nodes(model), *_said(words, CLASS_KEYS)],
    }


def _tried(session: Any) -> tuple[list[Json] | None, list[Any], str]:
    """Run zeros, or the text “a”; return what came out, and names of classes in it."""
    fed = {}
    for one in session.get_inputs():
        shape = _filled(one.shape)
        if shape is None or one.type not in {*ELEMENTS, "tensor(string)"}:
            return None, [], "Its inputs do not say how large they are."
        fed[one.name] = (
            np.zeros(shape, dtype=ELEMENTS[one.type])
            if one.type in ELEMENTS
            else np.full(shape, "a", dtype=object)
        )
    names = [one.name for one in session.get_outputs()]
    try:
        found = session.run(names, fed)
    except RUNTIME_ERRORS as failed:
        return None, [], " ".join(str(failed).split())[:300]
    keys: list[Any] = []
    ends = []
    for name, one in zip(names, found, strict=True):
        ends.append(_end(name, one))
        if isinstance(one, list) and one and isinstance(one[0], dict):
            keys = list(one[0])
    return ends, keys, ""


def _filled(shape: list[Any]) -> list[int] | None:
    """Return the sides of a trial, None if they cannot be guessed."""
    if not shape:
        return None
    sides = [side if isinstance(side, int) and side > 0 else 0 for side in shape]
    sides[0] = sides[0] or BATCH
    if len(sides) == 4:
        is_first = sides[1] in {1, USUAL_CHANNELS} or sides[3] not in {
            1,
            USUAL_CHANNELS,
        }
        channels = 1 if is_first else 3
        for at in (1, 2, 3):
            sides[at] = sides[at] or (USUAL_CHANNELS if at == channels else USUAL_SIDE)
    return sides if all(sides) else None


def _end(name: str, found: Any) -> Json:
    if not isinstance(found, np.ndarray):
        is_map = isinstance(found, list) and found and isinstance(found[0], dict)
        shape = [None, len(found[0])] if is_map else [None]
        return {"name": name[:100], "element_type": "map", "shape": shape}
    kind = {"O": "string", "U": "string"}.get(found.dtype.kind) or _element(found)
    return {
        "name": name[:100],
        "element_type": kind,
        "shape": [None, *found.shape[1:]] if found.ndim else [],
    }


def _element(found: Any) -> str:
    kind = helper.np_dtype_to_tensor_dtype(found.dtype)
    return str(onnx.TensorProto.DataType.Name(kind)).lower()


def _of_nodes(model: onnx.ModelProto) -> list[Any]:
    """Return the classes that a converter of scikit-learn wrote into nodes, last first."""
    return [
        [
            one.decode(errors="replace") if isinstance(one, bytes) else one
            for one in helper.get_attribute_value(attribute)
        ]
        for node in reversed(model.graph.node)
        for attribute in node.attribute
        if attribute.name in CLASS_ATTRIBUTES
    ]


def _said(words: dict[str, str], keys: tuple[str, ...]) -> list[Any]:
    return [read for key in keys if (read := _read(words.get(key, "")))]


def _read(text: str) -> Any:
    """Read JSON, a literal of Python as exporters write it, or names between commas."""
    if not text.strip() or len(text) > LONGEST_METADATA:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            told = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(told, list | tuple | dict):
            return told if _is_plain(told) else None
    return [one for one in text.replace("\n", ",").split(",") if one.strip()]


def _is_plain(told: Any) -> bool:
    parts = [*told.keys(), *told.values()] if isinstance(told, dict) else told
    return all(isinstance(one, str | int) for one in parts)
