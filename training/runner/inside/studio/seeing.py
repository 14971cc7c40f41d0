"""Encodes pictures by a placed network that was trained on others: its frozen features.

A downloaded model brings this file along, so it needs NumPy, Pillow and a session of ONNX
Runtime, and no more.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

AT_ONCE = 16

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Backbone:
    """A network that turns pictures into features; nothing of it learns here."""

    def __init__(self, session: Any, about: dict[str, Any]) -> None:
        """Take a session of ONNX Runtime, and what the operator says of the model.

        Raises:
            ValueError: it does not take pictures.
        """
        inputs = session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            raise ValueError("the placed model takes no pictures (n, 3, side, side)")
        self._session, self._side = session, int(about["side"])
        self._name, rows = inputs[0].name, inputs[0].shape[0]
        self._kind = np.float16 if "float16" in inputs[0].type else np.float32
        self._fixed = rows if isinstance(rows, int) and rows > 0 else None
        self._mean = np.array(about["mean"], dtype=np.float32)
        self._deviation = np.array(about["deviation"], dtype=np.float32)

    def encoded(self, pixels: Pixels) -> Floats:
        """Return (n, d) features of (n, side * side * 3) pixels, of any side.

        Maps of features, (n, d, height, width), are averaged over the picture.

        Raises:
            ValueError: the model answers with anything else.
        """
        size = self._fixed or AT_ONCE
        parts = [
            self._batch(pixels[begin : begin + size])
            for begin in range(0, len(pixels), size)
        ]
        if not parts:
            return np.zeros((0, 1), dtype=np.float32)
        return np.concatenate(parts)

    def _batch(self, pixels: Pixels) -> Floats:
        made = np.stack([self._tensor(one) for one in pixels])
        if self._fixed and len(made) < self._fixed:
            more = np.repeat(made[-1:], self._fixed - len(made), axis=0)
            made = np.concatenate([made, more])
        told = np.asarray(self._session.run(None, {self._name: made})[0], np.float32)
        if told.ndim == 4:
            told = told.mean(axis=(2, 3))
        if told.ndim != 2 or len(told) != len(made) or not np.isfinite(told).all():
            raise ValueError("the placed model answers with no features of pictures")
        return told[: len(pixels)]

    def _tensor(self, pixels: Pixels) -> NDArray[Any]:
        own = round((len(pixels) / 3) ** 0.5)
        image = Image.fromarray(pixels.reshape(own, own, 3))
        if own != self._side:
            sides = (self._side, self._side)
            image = image.resize(sides, Image.Resampling.BILINEAR)
        values = np.asarray(image, dtype=np.float32) / 255
        scaled = (values - self._mean) / self._deviation
        return np.moveaxis(scaled, 2, 0).astype(self._kind)
