"""A picture of a stranger's, read and brought to the size that a model takes."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.serving.unknown import looks_of

MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
MODES = {1: "L", 3: "RGB"}
TORN = (  # what one kind of damage or another makes Pillow raise
    *(OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, EOFError),
    *(Warning, Image.DecompressionBombError, OverflowError),
)

Floats = NDArray[np.float64]


def read(call: Call, calibration: dict[str, Any]) -> tuple[Floats, Floats | None]:
    """Return (1, height, width, channels) of values from 0 to 1, and how it looks."""
    wanted = call.arguments["picture"]
    pixels = _pixels(
        call.read("asked"), (wanted["width"], wanted["height"]), wanted["channels"]
    )
    has_looks = bool(calibration.get("prototypes"))
    return pixels, looks_of(pixels) if has_looks else None


def _pixels(data: bytes, size: tuple[int, int], channels: int) -> Floats:
    """Decode a picture; one that claims to be larger is refused before it is decoded.

    Raises:
        Refusal: it is no picture, or too large.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                upright = ImageOps.exif_transpose(picture)
                sized = upright.convert(MODES[channels]).resize(size)
        except TORN as torn:
            message = (
                "picture: it cannot be read. Send a whole PNG, JPEG or WebP of at most "
                f"{MOST_PIXELS // 1_000_000} megapixels."
            )
            raise Refusal("unreadable_picture", message, "READ") from torn
    values = np.asarray(sized, dtype=np.float64) / 255
    return values.reshape(1, size[1], size[0], channels)
