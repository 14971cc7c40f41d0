"""What a program tells as it goes: events, and the bytes of files between them.

Each frame is its kind, the length of what follows in 4 bytes, and that: an event in JSON,
or a piece of the file whose beginning was told last.
"""

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

EVENT, PIECE = b"E", b"P"
MOST_EVENT_BYTES = 64 << 20
MOST_PIECE_BYTES = 1 << 20
_HEAD = struct.Struct("<cI")


class Garbled(Exception):
    """Something else than frames, from a program that something has got the better of."""


def framed_event(event: dict[str, Any]) -> bytes:
    told = json.dumps(event).encode()
    return _HEAD.pack(EVENT, len(told)) + told


def framed_pieces(content: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """Yield the frames of some of a file's bytes, head and content in turn."""
    view = memoryview(content)
    for start in range(0, len(view), MOST_PIECE_BYTES):
        piece = view[start : start + MOST_PIECE_BYTES]
        yield _HEAD.pack(PIECE, len(piece))
        yield piece


class Unframer:
    """Takes frames apart as they come, however they are cut.

    Args:
        on_event: given each event.
        on_piece: given pieces of files; their memory is used again.
    """

    def __init__(
        self,
        on_event: Callable[[dict[str, Any]], None],
        on_piece: Callable[[memoryview], None],
    ) -> None:
        self._on_event = on_event
        self._on_piece = on_piece
        self._held = bytearray()
        self._left = 0  # of a piece that is passed on as it comes

    def take(self, chunk: memoryview) -> None:
        """Take what came.

        Raises:
            Garbled: it is no frame, or an event that is none.
        """
        while chunk:
            if self._left:
                piece, chunk = chunk[: self._left], chunk[self._left :]
                self._left -= len(piece)
                self._on_piece(piece)
                continue
            chunk = self._fill(chunk, _HEAD.size)
            if len(self._held) < _HEAD.size:
                return
            kind, size = _HEAD.unpack_from(self._held)
            if kind == PIECE and size <= MOST_PIECE_BYTES:
                self._held.clear()
                self._left = size
                continue
            if kind != EVENT or size > MOST_EVENT_BYTES:
                raise Garbled("a frame of no kind that there is")
            chunk = self._fill(chunk, _HEAD.size + size)
            if len(self._held) < _HEAD.size + size:
                return
            told = bytes(self._held[_HEAD.size :])
            self._held.clear()
            self._on_event(_event(told))

    def _fill(self, chunk: memoryview, size: int) -> memoryview:
        wanted = max(size - len(self._held), 0)
        self._held += chunk[:wanted]
        return chunk[wanted:]


def _event(told: bytes) -> dict[str, Any]:
    try:
        event = json.loads(told)
    except (ValueError, RecursionError) as torn:
        raise Garbled("an event that is no JSON") from torn
    if not isinstance(event, dict):
        raise Garbled("an event that is no object")
    return event
