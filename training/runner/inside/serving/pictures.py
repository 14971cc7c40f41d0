"""A picture of a stranger's, read and brought to what a model takes."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.serving.seen import points_of
from training.runner.inside.serving.tensors import scaled
from training.runner.inside.serving.unknown import fitting, to_nearest
from training.runner.inside.studio.pictures import (
    MOST_PIXELS,
    TORN,
    Unreadable,
    described,
    fitted,
    opened,
)

FORMATS = ("PNG", "JPEG", "WEBP")
MODES = {1: "L", 3: "RGB"}

Numbers = NDArray[Any]


def read(call: Call, calibration: dict[str, Any]) -> tuple[Numbers, Numbers | None]:
    """Return what the model takes, of one picture, and how far it is from known ones.

    Raises:
        Refusal: it is no picture, or too large; or the calibration is for another model.
    """
    wanted, data = call.arguments["picture"], call.read("asked")
    far = None
    if calibration.get("prototypes"):
        with fitting():
            side, scales = int(calibration["side"]), calibration["scales"]
            far = to_nearest(points_of(_fitted(data, side), scales), calibration)
    match wanted["preparing"]:
        case "MEASURED":
            return described(_fitted(data, wanted["width"])), far
        case "FITTED":
            pixels = _fitted(data, wanted["width"]).astype(np.float64) / 255
            shape = (1, wanted["height"], wanted["width"], wanted["channels"])
            return scaled(pixels.reshape(shape), wanted), far
    return scaled(_resized(data, wanted), wanted), far


def _fitted(data: bytes, side: int) -> NDArray[np.uint8]:
    """Read a picture as the studio reads those that it learns from, (1, side² · 3)."""
    try:
        image, _ = opened(data)
    except Unreadable as fault:
        raise _unreadable(f"it {fault}") from fault
    return fitted(image, side)[None]


def _resized(data: bytes, wanted: dict[str, Any]) -> Numbers:
    """Decode a picture; one that claims to be larger is refused before it is decoded."""
    width, height, channels = (wanted[name] for name in ("width", "height", "channels"))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                upright = ImageOps.exif_transpose(picture)
                sized = upright.convert(MODES[channels]).resize((width, height))
        except TORN as torn:
            raise _unreadable("it cannot be read") from torn
    values = np.asarray(sized, dtype=np.float64) / 255
    return values.reshape(1, height, width, channels)


def _unreadable(why: str) -> Refusal:
    message = (
        f"picture: {why}. Send a whole PNG, JPEG or WebP of at most "
        f"{MOST_PIXELS // 1_000_000} megapixels."
    )
    return Refusal("unreadable_picture", message, "READ")
