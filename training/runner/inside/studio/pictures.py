"""Pictures as learners see them: read with care, made one size, known again, described.

A downloaded model brings this file along, so it needs NumPy and Pillow and no more.
Histograms of oriented gradients: Dalal and Triggs 2005, CVPR.
"""

import io
import struct
import warnings
import zlib
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 50_000_000
FORMATS = {  # by the endings of their files
    "png": "PNG",
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "bmp": "BMP",
    "webp": "WEBP",
    "tif": "TIFF",
    "tiff": "TIFF",
}
READ = tuple(sorted(set(FORMATS.values())))
SMALL, LARGE = 32, 64  # pixels a side
CELLS, BINS, LEVELS, AT_ONCE = 8, 9, 8, 500
STRONGEST, FAINTEST = 0.2, 1e-3
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
HASH_SIDE = 8
TORN = (  # what one kind of damage or another makes Pillow raise
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(OverflowError, struct.error, zlib.error, NotImplementedError),
    *(Image.DecompressionBombWarning, Image.DecompressionBombError),
)

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Unreadable(Exception):
    """A file is no picture that can be learnt from; the message says why."""


def ending_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def opened(data: bytes) -> tuple[Image.Image, str]:
    """Read a picture whole, in red, green and blue, and say in which format it is.

    Raises:
        Unreadable: it is none, is cut off, or has more than `MOST_PIXELS`.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=READ) as image:
                told = str(image.format)
                image.draft("RGB", (LARGE * 2, LARGE * 2))
                return image.convert("RGB"), told
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as large:
            most = MOST_PIXELS // 1_000_000
            raise Unreadable(
                f"has more than {most} megapixels; make it smaller"
            ) from large
        except UnidentifiedImageError as none:
            raise Unreadable("is no picture that can be read") from none
        except TORN as broken:
            raise Unreadable(f"is damaged or cut off ({str(broken)[:80]})") from broken


def size_of(data: bytes) -> tuple[int, int]:
    """Return the width and the height of a picture that `opened` could read, in dots."""
    with Image.open(io.BytesIO(data), formats=READ) as image:
        return image.size


def fitted(image: Image.Image, side: int) -> Pixels:
    """Return a picture as (side * side * 3,) bytes: row by row, red, green, blue."""
    scaled = shrunk(image).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(scaled, dtype=np.uint8).reshape(-1)


def shrunk(image: Image.Image) -> Image.Image:
    """Return a picture that is small enough for thousands to be held at once."""
    if max(image.size) <= LARGE:
        return image
    return image.resize((LARGE, LARGE), Image.Resampling.BILINEAR, reducing_gap=2.0)


def side_for(sides: list[int]) -> int:
    """Return to which size pictures are brought, by the shorter side of each."""
    return SMALL if not sides or np.median(sides) <= SMALL else LARGE


def difference_hash(image: Image.Image) -> int:
    """Return 64 bits that stay as they are when a picture is scaled or packed anew.

    Each bit says whether a field of an 8 × 8 grid is brighter than the one beside it.
    """
    grey = image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    brightness = np.asarray(grey, dtype=np.int16)
    bits = np.packbits(brightness[:, 1:] > brightness[:, :-1])
    return int.from_bytes(bits.tobytes(), "big", signed=True)


def described(pixels: Pixels) -> Floats:
    """Return what pictures show as numbers: directions of edges, and colours.

    Args:
        pixels: (n, side * side * 3) as of `fitted`, side a multiple of 8.

    Returns:
        (n, 1860): 7 × 7 blocks of 2 × 2 cells of 9 directions, then how often each of 8
        levels of each colour comes in each quarter.
    """
    side = round((pixels.shape[1] / 3) ** 0.5)
    parts = [
        np.concatenate([_edges(some), _colours(some)], axis=1)
        for begin in range(0, len(pixels), AT_ONCE)
        if len(some := pixels[begin : begin + AT_ONCE].reshape(-1, side, side, 3))
    ]
    width = (CELLS - 1) ** 2 * 4 * BINS + 4 * 3 * LEVELS
    return np.concatenate(parts) if parts else np.zeros((0, width), dtype=np.float32)


def _edges(pictures: Pixels) -> Floats:
    n, side = pictures.shape[:2]
    grey = pictures.astype(np.float32) @ GREY / 255
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) % np.pi) * (BINS / np.pi)
    lower = np.floor(turn).astype(np.int64)
    share = turn - lower
    row, column = np.mgrid[:side, :side] * CELLS // side
    cell = (np.arange(n)[:, None, None] * CELLS + row) * CELLS + column
    count = n * CELLS * CELLS * BINS
    found = np.zeros(count)
    for bin_, weight in ((lower, 1 - share), (lower + 1, share)):
        places = cell * BINS + bin_ % BINS
        found += np.bincount(places.ravel(), (strength * weight).ravel(), count)
    cells = found.reshape(n, CELLS, CELLS, BINS).astype(np.float32)
    blocks = np.concatenate(
        [cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:]],
        axis=3,
    )
    return _one_long(np.minimum(_one_long(blocks), STRONGEST)).reshape(n, -1)


def _one_long(blocks: Floats) -> Floats:
    longs = np.sqrt((blocks**2).sum(axis=3, keepdims=True) + FAINTEST)
    return np.asarray(blocks / longs, dtype=np.float32)


def _colours(pictures: Pixels) -> Floats:
    n, side = pictures.shape[:2]
    row, column = np.mgrid[:side, :side] * 2 // side
    quarter = (row * 2 + column)[None, :, :, None] * 3 + np.arange(3)
    level = pictures.astype(np.int64) * LEVELS // 256
    places = (np.arange(n)[:, None, None, None] * 12 + quarter) * LEVELS + level
    counts = np.bincount(places.ravel(), minlength=n * 12 * LEVELS)
    share = counts.reshape(n, -1) / (side * side / 4)
    return np.asarray(np.sqrt(share) / 4, dtype=np.float32)
