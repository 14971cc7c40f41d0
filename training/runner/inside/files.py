"""Files and facts across the wall: a head in JSON, then the bytes of each file."""

import json
from collections.abc import Mapping
from typing import Any

LENGTH_BYTES = 8
MOST_HEAD_BYTES = 2**20


class GarbledFiles(Exception):
    """What came through the wall is not what our programs write."""


def encode_files(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> bytes:
    """Write files by name, and facts that JSON can hold."""
    sizes = [[name, len(content)] for name, content in files.items()]
    head = json.dumps({"facts": dict(facts), "files": sizes}).encode()
    return b"".join([len(head).to_bytes(LENGTH_BYTES, "little"), head, *files.values()])


def decode_files(data: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Read what `encode_files` wrote, believing none of it.

    Raises:
        GarbledFiles: lengths do not add up.
    """
    size = int.from_bytes(data[:LENGTH_BYTES], "little")
    at = LENGTH_BYTES + size
    if size > MOST_HEAD_BYTES or at > len(data):
        raise GarbledFiles("the head is cut off")
    files = {}
    try:
        head = json.loads(data[LENGTH_BYTES:at])
        facts = head["facts"]
        for name, length in head["files"]:
            if type(length) is not int or length < 0:
                raise GarbledFiles("a length is no length")
            files[str(name)] = data[at : at + length]
            at += length
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise GarbledFiles(str(broken)) from broken
    if at != len(data) or not isinstance(facts, dict):
        raise GarbledFiles("more or less came than was announced")
    return files, facts
