"""How many parameters a safetensors file holds, read from its header. Pure."""

import re
import struct
from collections import Counter
from math import prod
from typing import Any, BinaryIO

import orjson

LARGEST_HEADER = 16 * 2**20
MOST_PARAMETERS = 2**53  # what every client can still count exactly
MOST_TYPES = 64
TYPE = re.compile(r"[A-Za-z0-9_]{1,16}")


def read_counts(file: BinaryIO) -> dict[str, int] | None:
    """Read parameters by type from a safetensors file, or None if it is none.

    Cost: one read of the header, 16 MiB at most.
    """
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= LARGEST_HEADER:
        return None
    try:
        header = orjson.loads(file.read(length))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(header, dict):
        return None
    counts: Counter[str] = Counter()
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        size = _size_of(tensor)
        if size is None:
            return None
        counts[tensor["dtype"]] += size
    is_told = len(counts) <= MOST_TYPES and counts.total() <= MOST_PARAMETERS
    return dict(counts) if is_told else None


def _size_of(tensor: Any) -> int | None:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("dtype"), str):
        return None
    shape = tensor.get("shape")
    if not isinstance(shape, list) or len(shape) > 64:
        return None
    if not TYPE.fullmatch(tensor["dtype"]):
        return None
    if not all(isinstance(side, int) and 0 <= side < 2**40 for side in shape):
        return None
    return prod(shape)
