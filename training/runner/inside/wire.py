"""Arrays and facts across the wall: NPY and JSON, and never pickle."""

import io
import json
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH_BYTES = 8
MOST_HEAD_BYTES = 4 * 2**20
MOST_DIMENSIONS = 2
KINDS = "biufS"  # numbers and fixed bytes; objects would be pickle


class Garbled(Exception):
    """What came through the wall is not what our programs write."""


def encode(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    head = json.dumps({"facts": dict(facts), "arrays": list(arrays)}).encode()
    out = io.BytesIO()
    out.write(len(head).to_bytes(LENGTH_BYTES, "little"))
    out.write(head)
    for array in arrays.values():
        np.lib.format.write_array(
            out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
        )
    return out.getvalue()


def decode(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `encode` wrote, believing none of it.

    Returns:
        Read-only views of `data`, and the facts.

    Raises:
        Garbled: lengths, types or shapes do not add up.
    """
    size = int.from_bytes(data[:LENGTH_BYTES], "little")
    if size > MOST_HEAD_BYTES or LENGTH_BYTES + size > len(data):
        raise Garbled("the head is cut off")
    try:
        head = json.loads(data[LENGTH_BYTES : LENGTH_BYTES + size])
        names, facts = head["arrays"], head["facts"]
        if not isinstance(facts, dict) or len(set(names)) != len(names):
            raise Garbled("the head is not ours")
        at = LENGTH_BYTES + size
        arrays = {}
        for name in names:
            arrays[str(name)], at = _array(data, at)
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise Garbled(str(broken)) from broken
    if at != len(data):
        raise Garbled("more came than was announced")
    return arrays, facts


def _array(data: bytes, at: int) -> tuple[NDArray[Any], int]:
    head = io.BytesIO(data[at : at + 4096])
    if np.lib.format.read_magic(head) != (1, 0):
        raise Garbled("an array is of another version")
    shape, is_fortran, kind = np.lib.format.read_array_header_1_0(head)
    if kind.kind not in KINDS or is_fortran or len(shape) > MOST_DIMENSIONS:
        raise Garbled("an array is of a kind not ours")
    begin = at + head.tell()
    end = begin + prod(shape) * kind.itemsize
    if any(side < 0 for side in shape) or not kind.itemsize or end > len(data):
        raise Garbled("an array is shorter than it says")
    flat = np.frombuffer(data, dtype=kind, count=prod(shape), offset=begin)
    return flat.reshape(shape), end
