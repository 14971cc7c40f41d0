"""What the beginning of a picture or a sound says: its type, and how large a picture is.

Read by hand, from the fixed places where the formats have it: nothing is decoded.
"""

import struct
from collections.abc import Callable

UNKNOWN = "application/octet-stream"
STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
}
IN_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # of JPEG, that tell a size


def type_of(head: bytes) -> str:
    """Return the media type that content begins like, of those a browser just shows."""
    if head[:4] == b"RIFF":
        return IN_RIFF.get(head[8:12], UNKNOWN)
    said = (told for start, told in STARTS.items() if head.startswith(start))
    return next(said, UNKNOWN)


def size_of(head: bytes) -> tuple[int, int] | None:
    """Return a picture's width and height in pixels, None where its head has none."""
    read = SIZES.get(type_of(head))
    try:
        return read(head) if read else None
    except struct.error:  # cut before it is told
        return None


def _png(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _jpeg(head: bytes) -> tuple[int, int] | None:
    place = 2
    while place < len(head):
        mark, kind, length = struct.unpack_from(">BBH", head, place)
        if mark != 0xFF:
            return None
        if kind in FRAMES:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        place += 2 + length
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", head, 24)
            return (low_w | high_w << 16) + 1, (low_h | high_h << 16) + 1
    return None


SIZES: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
