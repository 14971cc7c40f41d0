"""The networks that weights are loaded into, built from the shapes of their tensors.

Whatever a file says, only these modules are made, and none of them runs code of its
author. What each is called and takes stands in `training.kinds.architectures`.
"""

from collections.abc import Callable, Mapping
from itertools import count, pairwise
from math import isqrt

import torch
from torch import Tensor, nn

Shapes = Mapping[str, tuple[int, ...]]
Settings = Mapping[str, str]

ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}
KERNEL = 3


class Misshapen(Exception):
    """The tensors are not those of the architecture; the message says which."""


class ConvNorm(nn.Module):
    """A convolution without bias, and batch norm."""

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int = KERNEL, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = self.norm(self.conv(x))
        return normed


class Residual(nn.Module):
    """Two convolutions beside a shortcut; one that widens halves the picture."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.first = ConvNorm(inputs, outputs, stride=stride)
        self.second = ConvNorm(outputs, outputs)
        self.shortcut = (
            nn.Identity()
            if inputs == outputs
            else ConvNorm(inputs, outputs, kernel=1, stride=stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(torch.relu(self.first(x)))
        return torch.relu(inner + self.shortcut(x))


class Pictures(nn.Module):
    """Rows of pixels as pictures, channels first, then height, then width."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape

    def as_pictures(self, rows: Tensor) -> Tensor:
        return rows.reshape(-1, *self.shape)


class Cnn(Pictures):
    """Blocks of convolution, norm, ReLU and max-pooling; the mean; one linear layer."""

    def __init__(
        self, shape: tuple[int, int, int], widths: list[int], outputs: int
    ) -> None:
        super().__init__(shape)
        sides = pairwise([shape[0], *widths])
        self.blocks = nn.ModuleList(ConvNorm(into, out) for into, out in sides)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, rows: Tensor) -> Tensor:
        x = self.as_pictures(rows)
        for block in self.blocks:
            x = nn.functional.max_pool2d(torch.relu(block(x)), 2, ceil_mode=True)
        scores: Tensor = self.head(x.mean(dim=(2, 3)))
        return scores


class Resnet(Pictures):
    """A stem, residual blocks, the mean over the picture, and one linear layer."""

    def __init__(
        self, shape: tuple[int, int, int], widths: list[int], outputs: int
    ) -> None:
        super().__init__(shape)
        self.stem = ConvNorm(shape[0], widths[0])
        sides = pairwise(widths)
        self.blocks = nn.ModuleList(Residual(into, out) for into, out in sides)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, rows: Tensor) -> Tensor:
        x = torch.relu(self.stem(self.as_pictures(rows)))
        for block in self.blocks:
            x = block(x)
        scores: Tensor = self.head(x.mean(dim=(2, 3)))
        return scores


def _shape(shapes: Shapes, name: str, sides: int) -> tuple[int, ...]:
    found = shapes.get(name)
    if found is None:
        listed = ", ".join(sorted(shapes)[:6])
        raise Misshapen(f"it has no tensor “{name}”; it has {listed}")
    if len(found) != sides:
        raise Misshapen(f"“{name}” has {len(found)} dimensions, not {sides}")
    if not all(found):
        raise Misshapen(f"“{name}” is empty")
    return found


def _linear(shapes: Shapes, settings: Settings, columns: int) -> nn.Module:
    del settings
    outputs, inputs = _shape(shapes, "weight", 2)
    _require_columns(inputs, columns)
    return nn.Linear(inputs, outputs)


def _mlp(shapes: Shapes, settings: Settings, columns: int) -> nn.Module:
    said = settings.get("activation", "relu")
    if said not in ACTIVATIONS:
        raise Misshapen(
            f"its activation is “{said[:40]}”, not one of {', '.join(ACTIVATIONS)}"
        )
    layers: list[nn.Module] = []
    for place in count(step=2):
        if layers and f"{place}.weight" not in shapes:
            break
        outputs, inputs = _shape(shapes, f"{place}.weight", 2)
        if layers:
            layers.append(ACTIVATIONS[said]())
        else:
            _require_columns(inputs, columns)
        layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers)


def _cnn(shapes: Shapes, settings: Settings, columns: int) -> nn.Module:
    widths = [
        _shape(shapes, f"blocks.{place}.conv.weight", 4)[0]
        for place in range(max(_blocks(shapes), 1))
    ]
    channels = _shape(shapes, "blocks.0.conv.weight", 4)[1]
    shape = _picture(settings, channels, columns)
    return Cnn(shape, widths, _shape(shapes, "head.weight", 2)[0])


def _resnet(shapes: Shapes, settings: Settings, columns: int) -> nn.Module:
    first, channels, _, _ = _shape(shapes, "stem.conv.weight", 4)
    widths = [
        _shape(shapes, f"blocks.{place}.first.conv.weight", 4)[0]
        for place in range(_blocks(shapes))
    ]
    shape = _picture(settings, channels, columns)
    return Resnet(shape, [first, *widths], _shape(shapes, "head.weight", 2)[0])


def _blocks(shapes: Shapes) -> int:
    places = [name.split(".")[1] for name in shapes if name.startswith("blocks.")]
    return 1 + max((int(place) for place in places if place.isdecimal()), default=-1)


def _picture(settings: Settings, channels: int, columns: int) -> tuple[int, int, int]:
    """Return channels, height and width: as the metadata says, or a square."""
    said = settings.get("picture", "")
    if not said:
        side = isqrt(columns // channels)
        if channels * side * side != columns:
            raise Misshapen(
                f"{columns} columns are no square picture of {channels} channels; say "
                "“picture” in the metadata, such as 3,32,24 for channels, height, width"
            )
        return channels, side, side
    sides = [int(side) for side in said.split(",") if side.strip().isdecimal()]
    if len(sides) != 3 or not all(sides) or sides[0] != channels:
        raise Misshapen(
            f"its picture is “{said[:40]}”, not {channels},height,width of its channels"
        )
    if sides[0] * sides[1] * sides[2] != columns:
        raise Misshapen(f"its picture {said} has not the {columns} columns there are")
    return sides[0], sides[1], sides[2]


def _require_columns(inputs: int, columns: int) -> None:
    if inputs != columns:
        raise Misshapen(f"it takes {inputs} columns and there are {columns}")


BUILDERS: Mapping[str, Callable[[Shapes, Settings, int], nn.Module]] = {
    "linear": _linear,
    "mlp": _mlp,
    "cnn": _cnn,
    "resnet": _resnet,
}


def built(name: str, shapes: Shapes, settings: Settings, *, columns: int) -> nn.Module:
    """Return a network of the registry whose state has tensors of these shapes.

    Args:
        name: of `BUILDERS`.
        shapes: of the tensors of a file, by name.
        settings: the words of its metadata.
        columns: how many features a row has.

    Raises:
        Misshapen: the tensors are not its own, or it takes other inputs.
    """
    with torch.device("meta"):  # so that nothing is allocated for what does not fit
        module = BUILDERS[name](shapes, settings, columns)
    state = module.state_dict()
    wanted = {each: tuple(tensor.shape) for each, tensor in state.items()}
    needed = {each for each in wanted if not each.endswith("num_batches_tracked")}
    if missing := sorted(needed - shapes.keys()):
        raise Misshapen(f"it lacks the tensors {', '.join(missing[:6])}")
    if unknown := sorted(shapes.keys() - wanted.keys()):
        raise Misshapen(
            f"it has tensors that a {name} has not: {', '.join(unknown[:6])}"
        )
    for each in sorted(shapes):
        if shapes[each] != wanted[each]:
            raise Misshapen(
                f"“{each}” is {list(shapes[each])} and should be {list(wanted[each])}"
            )
    return module
