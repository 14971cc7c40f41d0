"""Arrays and facts across the wall: a head in JSON, then plain bytes; never pickle.

NPY would do, but its header is parsed as Python source, and this comes from strangers.
"""

import json
import re
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH_BYTES = 8
MOST_HEAD_BYTES = 4 * 2**20
MOST_DIMENSIONS = 2
Buffer = bytes | memoryview
KIND = re.compile(r"<i8|<f8|\|u1|\|S[1-9][0-9]{0,3}")


class Garbled(Exception):
    """What came through the wall is not what our programs write."""


def encode(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    """Write arrays of int64, float64, uint8 or bytes, and facts that JSON can hold."""
    return b"".join(encoded_parts(arrays, facts))


def encoded_parts(
    arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> list[Buffer]:
    """Return what `encode` writes, piece by piece and without a copy of the arrays."""
    parts = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    shapes = {name: (part.dtype.str, part.shape) for name, part in parts.items()}
    plain = (part.reshape(-1).view(np.uint8).data for part in parts.values())
    return [head_of_arrays(shapes, facts), *plain]


def head_of_arrays(
    shapes: Mapping[str, tuple[str, tuple[int, ...]]], facts: Mapping[str, Any]
) -> bytes:
    """Return what comes before arrays of these types and shapes."""
    described = [[name, kind, shape] for name, (kind, shape) in shapes.items()]
    head = json.dumps({"facts": dict(facts), "arrays": described}).encode()
    head += b" " * (-len(head) % LENGTH_BYTES)  # numbers at odd addresses are slow
    return len(head).to_bytes(LENGTH_BYTES, "little") + head


def decode(data: Buffer) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `encode` wrote, believing none of it.

    Returns:
        Read-only views of `data`, and the facts.

    Raises:
        Garbled: lengths, types or shapes do not add up.
    """
    size = int.from_bytes(data[:LENGTH_BYTES], "little")
    at = LENGTH_BYTES + size
    if size > MOST_HEAD_BYTES or at > len(data):
        raise Garbled("the head is cut off")
    arrays = {}
    try:
        head = json.loads(bytes(data[LENGTH_BYTES:at]))
        facts = head["facts"]
        for name, kind, shape in head["arrays"]:
            arrays[name], at = _array(data, at, kind=kind, shape=shape)
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise Garbled(str(broken)) from broken
    if at != len(data) or not isinstance(facts, dict):
        raise Garbled("more came than was announced")
    return arrays, facts


def _array(
    data: Buffer, at: int, *, kind: str, shape: list[int]
) -> tuple[NDArray[Any], int]:
    is_ours = (
        KIND.fullmatch(kind)
        and len(shape) <= MOST_DIMENSIONS
        and all(type(side) is int and side >= 0 for side in shape)
    )
    if not is_ours:
        raise Garbled("an array is of a kind not ours")
    count = prod(shape)
    end = at + count * np.dtype(kind).itemsize
    if end > len(data):
        raise Garbled("an array is shorter than it says")
    flat = np.frombuffer(data, dtype=kind, count=count, offset=at)
    return flat.reshape(shape), end
