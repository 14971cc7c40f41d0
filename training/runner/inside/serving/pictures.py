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
from training.runner.inside.studio.modalities import encoded_beside
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
RESIZED = "RESIZED"

Numbers = NDArray[Any]
Canvas = NDArray[np.uint8]


def read(call: Call, calibration: dict[str, Any]) -> tuple[Any, Numbers | None]:
    """Return what the model takes, of one picture, and how far it is from known ones.

    Raises:
        Refusal: it is no picture, or too large; or the calibration is for another model.
    """
    wanted, data = call.arguments["picture"], call.read("asked")
    far = None
    if calibration.get("prototypes"):
        with fitting():
            side, scales = int(calibration["side"]), calibration["scales"]
            far = to_nearest(points_of(_fitted(data, side)[None], scales), calibration)
    canvases = canvas_of(data, wanted)[None]
    made = tensors_of(canvases, wanted)
    return encoded_beside(call, made, canvases.reshape(1, -1)), far


def canvas_of(
    data: bytes, wanted: dict[str, Any], *, formats: tuple[str, ...] = FORMATS
) -> Canvas:
    """Return a picture at the size that a model takes, (height, width, channels).

    One that claims to be larger is refused before it is decoded.

    Args:
        data: a file.
        wanted: of `training.signatures.Picture`, as JSON.
        formats: that are read, of those that are brought to width and height.

    Raises:
        Refusal: it is no picture, or too large.
    """
    if wanted["preparing"] != RESIZED:
        side = wanted["width"]
        return _fitted(data, side).reshape(side, side, 3)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                return sized(ImageOps.exif_transpose(picture), wanted)
        except TORN as torn:
            raise _unreadable("it cannot be read") from torn


def sized(picture: Image.Image, wanted: dict[str, Any]) -> Canvas:
    """Bring an upright picture to the size that a model takes; see `canvas_of`."""
    width, height, channels = (wanted[name] for name in ("width", "height", "channels"))
    if wanted["preparing"] != RESIZED:
        return fitted(picture, width).reshape(width, width, 3)
    made = picture.convert(MODES[channels]).resize((width, height))
    return np.asarray(made, dtype=np.uint8).reshape(height, width, channels)


def tensors_of(canvases: Canvas, wanted: dict[str, Any]) -> Numbers:
    """Return (n, height, width, channels) pictures of `canvas_of` as a model takes them."""
    if wanted["preparing"] == "MEASURED":
        return described(canvases.reshape(len(canvases), -1))
    return scaled(canvases.astype(np.float64) / 255, wanted)


def _fitted(data: bytes, side: int) -> Canvas:
    """Read a picture as the studio reads those that it learns from, (side² · 3,)."""
    try:
        image, _ = opened(data)
    except Unreadable as fault:
        raise _unreadable(f"it {fault}") from fault
    return fitted(image, side)


def _unreadable(why: str) -> Refusal:
    message = (
        f"picture: {why}. Send a whole PNG, JPEG or WebP of at most "
        f"{MOST_PIXELS // 1_000_000} megapixels."
    )
    return Refusal("unreadable_picture", message, "READ")
