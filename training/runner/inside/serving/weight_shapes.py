"""What a network of our registry takes and gives, by the shapes of its weights."""

import json
from itertools import count
from typing import Any

from training.runner.inside.refusal import Refusal
from training.runner.inside.run_safetensors import read

ENDS = {  # the tensors that the inputs go into, and that the answers come out of
    "linear": ("weight", "weight"),
    "cnn": ("blocks.0.conv.weight", "head.weight"),
    "resnet": ("stem.conv.weight", "head.weight"),
}
CLASS_KEYS = ("classes", "labels", "id2label")


def described(data: bytes) -> dict[str, Any]:
    """Describe weights as `training.runner.serving.describing` reads it.

    Raises:
        Refusal: they lie about themselves, or are of no network of the registry.
    """
    tensors, words = read(data)
    name = words["architecture"]
    first, last = ENDS.get(name) or ("0.weight", _last_layer(tensors))
    for wanted in (first, last):
        if wanted not in tensors or tensors[wanted].ndim < 2:
            message = f"As a {name}, it should have the tensor “{wanted}”."
            raise Refusal("unusable_model", message, "LOAD")
    into = tensors[first].shape[1]
    is_picture = tensors[first].ndim == 4
    rest = [into, *_sides(words, into)] if is_picture else [into]
    return {
        "inputs": [{"name": "row", "element_type": "float", "shape": [None, *rest]}],
        "outputs": [
            {
                "name": last,
                "element_type": "float",
                "shape": [None, tensors[last].shape[0]],
            }
        ],
        "untried": "",
        "columns": [_listed(words.get("columns", ""))],
        "classes": [_listed(words.get(key, "")) for key in CLASS_KEYS],
    }


def _last_layer(tensors: Any) -> str:
    return next(
        f"{at - 2}.weight" for at in count(2, 2) if f"{at}.weight" not in tensors
    )


def _sides(words: Any, channels: int) -> list[int | None]:
    """Return height and width as the metadata says them: “channels,height,width”."""
    parts = words.get("picture", "").split(",")
    if len(parts) == 3 and all(one.strip().isdecimal() for one in parts):
        found = [int(one) for one in parts]
        if found[0] == channels:
            return list(found[1:])
    return [None, None]


def _listed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return [one for one in text.split(",") if one.strip()]
