"""The networks that weights may be handed in for, as people choose and read them.

`training.runner.inside.architectures` builds them; what is built follows from the shapes
of the tensors, so that a file of weights needs few words beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArchitectureFacts:
    """A network of the registry.

    `tensors` are the names that its state has, `settings` what the metadata may say
    besides, each with its possible words, the first of them meant if it says nothing.
    """

    title: str
    description: str
    tensors: str
    settings: Mapping[str, tuple[str, ...]]


ACTIVATIONS = ("relu", "tanh", "gelu", "silu")
ARCHITECTURES: Mapping[str, ArchitectureFacts] = {
    "linear": ArchitectureFacts(
        "Linear model",
        "One linear layer on the columns: linear or logistic regression.",
        "weight [outputs, columns], bias [outputs]",
        {},
    ),
    "mlp": ArchitectureFacts(
        "Multi-layer perceptron",
        "Linear layers with an activation between them: torch.nn.Sequential of Linear, "
        "activation, Linear, …",
        "0.weight, 0.bias, 2.weight, 2.bias, …",
        {"activation": ACTIVATIONS},
    ),
    "cnn": ArchitectureFacts(
        "Small convolutional network",
        "Pictures as rows of pixels: blocks of a 3 × 3 convolution, batch norm, ReLU and "
        "2 × 2 max-pooling, then the mean over the picture and one linear layer.",
        "blocks.0.conv.weight, blocks.0.norm.weight, …, head.weight, head.bias",
        {},
    ),
    "resnet": ArchitectureFacts(
        "Small residual network",
        "Pictures as rows of pixels: a 3 × 3 stem, residual blocks of two 3 × 3 "
        "convolutions, of which each that widens halves the picture, then the mean and "
        "one linear layer.",
        "stem.conv.weight, stem.norm.weight, …, blocks.0.first.conv.weight, …, head.bias",
        {},
    ),
}
