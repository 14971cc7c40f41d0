"""Has a placed model encode rows within the walls, after our checks of its file."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.onnx_model import parsed
from training.runner.inside.onnx_session import RUNTIME_ERRORS, open_session
from training.runner.inside.refusal import Refusal

HERE = "training.runner.inside.studio"


class Placed:
    """The placed model of one job, whatever it takes."""

    def __init__(self, call: Call) -> None:
        """Open the inputs `backbone` and, of texts, `tokenizer`.

        Raises:
            Refusal: it is no plain ONNX, or does not take such rows.
        """
        about = call.arguments["backbone"]
        data = call.read("backbone")
        parsed(data)
        session = open_session(data, threads=1)
        self._known: dict[str | bytes, NDArray[Any]] = {}
        try:
            if about["modality"] == "TEXT":
                module: Any = importlib.import_module(f"{HERE}.reading")
                tokenizer = call.read("tokenizer")
                self._encoder = module.Encoder(session, tokenizer, about)
            else:
                module = importlib.import_module(f"{HERE}.seeing")
                self._encoder = module.Backbone(session, about)
        except ValueError as unfit:
            raise _unusable(unfit) from unfit

    def encoded(self, rows: Any) -> NDArray[Any]:
        """Return (n, d) features of pixels, or of texts; of each row it is asked once.

        Raises:
            Refusal: the model fails on them.
        """
        keys = [one if isinstance(one, str) else one.tobytes() for one in rows]
        fresh = {key: place for place, key in enumerate(keys) if key not in self._known}
        if fresh:
            asked = [rows[place] for place in fresh.values()]
            try:
                found = self._encoder.encoded(asked)
            except RUNTIME_ERRORS as failed:
                raise _unusable(failed) from failed
            self._known.update(zip(fresh, found, strict=True))
        if not keys:
            return np.zeros((0, 1), dtype=np.float32)
        return np.stack([self._known[key] for key in keys])


def _unusable(why: Exception) -> Refusal:
    told = " ".join(str(why).split())[:200]
    message = f"The model that the operator placed cannot be used: {told}"
    return Refusal("unusable_backbone", message, "LOAD")
