"""Small networks for pictures as they answer, loaded from their file of weights.

A downloaded model brings this file along, so it needs NumPy, torch and safetensors, the
registry of architectures, and no more.
"""

import json
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import Tensor, nn

from training.runner.inside.architectures import built

AT_ONCE = 64

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Kept:
    """A network that answers as scikit-learn's models do, of pixels of pictures."""

    def __init__(self, data: bytes) -> None:
        self.module, self.side = module_in(data)
        self.classes_ = np.arange(self.module.get_parameter("head.weight").shape[0])

    def predict_proba(self, pixels: Pixels) -> Floats:
        return answers_of(self.module, pixels)


def file_of(module: nn.Module, side: int) -> bytes:
    """Return a network as a file of safetensors that names its architecture."""
    words = {"architecture": "resnet", "picture": f"3,{side},{side}"}
    return save(tensors_of(module), words)


def module_in(data: bytes) -> tuple[nn.Module, int]:
    """Return the network in a file of `file_of`, and the side of its pictures."""
    tensors, words = load(data), words_of(data)
    side = int(words["picture"].rpartition(",")[2])
    shapes = {name: tuple(one.shape) for name, one in tensors.items()}
    module = built(words["architecture"], shapes, words, columns=3 * side * side)
    module.load_state_dict(tensors, assign=True)
    return module.eval(), side


def words_of(data: bytes) -> Mapping[str, str]:
    """Return what a safetensors file says of itself."""
    length = int.from_bytes(data[:8], "little")
    told: Mapping[str, str] = json.loads(data[8 : 8 + length])["__metadata__"]
    return told


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    return {name: one.contiguous() for name, one in module.state_dict().items()}


def rows_of(pixels: Pixels) -> Tensor:
    """Return pictures as the registry's networks take them: channels first, in 0 to 1.

    Args:
        pixels: (n, side * side * 3) as of `training.runner.inside.studio.pictures.fitted`.
    """
    pictures = pixels.reshape(len(pixels), -1, 3).transpose(0, 2, 1)
    whole = np.ascontiguousarray(pictures).reshape(len(pixels), -1)
    return torch.from_numpy(whole).float() / 255


def answers_of(module: nn.Module, pixels: Pixels) -> Floats:
    """Return (n, k) probabilities of a network that is not being trained."""
    with torch.inference_mode():
        parts = [
            torch.softmax(module(rows_of(pixels[at : at + AT_ONCE])), dim=1)
            for at in range(0, len(pixels), AT_ONCE)
        ]
    return np.asarray(torch.cat(parts).double().numpy())
