"""How wide a picture is, from its first bytes: nothing is decoded, however large it is."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # of JPEG, with a size
MOST_SEGMENTS = 1_000


def width_of(content: Any) -> int | None:
    """Return the width in pixels of PNG, JPEG, GIF, BMP or WebP; None of others.

    Args:
        content: all its bytes, as a buffer.
    """
    view = memoryview(content)
    for begin, read in READERS.items():
        if bytes(view[: len(begin)]) == begin:
            try:
                return read(view)
            except (struct.error, IndexError):
                return None
    return None


def _jpeg(view: memoryview) -> int | None:
    place = 2
    for _ in range(MOST_SEGMENTS):
        mark, kind, size = struct.unpack_from(">BBH", view, place)
        if mark != 0xFF:
            return None
        if kind in FRAMES:
            return int(struct.unpack_from(">H", view, place + 7)[0])
        place += 2 + size
    return None


def _webp(view: memoryview) -> int | None:
    match bytes(view[12:16]):
        case b"VP8 ":
            return int(struct.unpack_from("<H", view, 26)[0] & 0x3FFF)
        case b"VP8L":
            return int(struct.unpack_from("<I", view, 21)[0] & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(view[24:27], "little") + 1
        case _:
            return None


READERS: Mapping[bytes, Callable[[memoryview], int | None]] = {
    b"\x89PNG": lambda view: int(struct.unpack_from(">I", view, 16)[0]),
    b"\xff\xd8\xff": _jpeg,
    b"GIF8": lambda view: int(struct.unpack_from("<H", view, 6)[0]),
    b"BM": lambda view: int(struct.unpack_from("<I", view, 18)[0]),
    b"RIFF": _webp,
}
