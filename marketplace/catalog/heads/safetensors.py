"""The header of a safetensors file: its tensors (github.com/huggingface/safetensors)."""

import struct
from math import prod
from typing import Any, BinaryIO

import orjson

from marketplace.catalog.heads.facts import (
    MOST_ROWS,
    Head,
    NotReadable,
    counted,
    text,
)

LARGEST_HEADER = 16 * 2**20
MOST_SIDES = 64
COLUMNS = ("Tensor", "Type", "Shape", "Parameters")


def read_safetensors(file: BinaryIO, size_bytes: int) -> Head:
    """Read the tensors' names, types and shapes.

    Args:
        file: at its beginning.
        size_bytes: of the whole file.

    Raises:
        NotReadable: it is no safetensors file.

    Cost: one read, 16 MiB at most.
    """
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= min(LARGEST_HEADER, size_bytes):
        raise NotReadable("It has no safetensors header.")
    try:
        header = orjson.loads(file.read(length))
    except orjson.JSONDecodeError as fault:
        raise NotReadable("Its header is no JSON.") from fault
    if not isinstance(header, dict):
        raise NotReadable("Its header is no JSON object.")
    metadata = header.pop("__metadata__", {})
    tensors = {name: _tensor(told) for name, told in header.items()}
    total = sum(size for _, _, size in tensors.values())
    types = sorted({dtype for dtype, _, _ in tensors.values()})
    facts = [
        ("Tensors", counted(len(tensors))),
        ("Parameters", counted(total)),
        ("Types", ", ".join(types[:10])),
    ]
    if isinstance(metadata, dict):
        facts += [
            (text(name.encode()), text(value.encode()))
            for name, value in list(metadata.items())[:10]
            if isinstance(value, str)
        ]
    rows = [
        (text(name.encode()), dtype, shape, counted(size))
        for name, (dtype, shape, size) in list(tensors.items())[:MOST_ROWS]
    ]
    return Head(facts, "Tensors", COLUMNS, rows, len(tensors))


def _tensor(told: Any) -> tuple[str, str, int]:
    """Return a tensor's type, shape and number of parameters."""
    if not isinstance(told, dict) or not isinstance(told.get("dtype"), str):
        raise NotReadable("A tensor of it has no type.")
    shape = told.get("shape")
    if not isinstance(shape, list) or len(shape) > MOST_SIDES:
        raise NotReadable("A tensor of it has no shape.")
    if not all(type(side) is int and 0 <= side < 2**40 for side in shape):
        raise NotReadable("A tensor of it has no shape.")
    sides = " × ".join(map(str, shape)) or "one number"
    return text(told["dtype"].encode()), sides, min(prod(shape), 2**63)
