"""Trains the registry's small residual network on pictures, in slices of time.

A slice ends between two steps with a checkpoint, from which another goes on just as if
there had been none: what a step draws at random follows from the seed and its number.
He et al. 2016, CVPR; AdamW with one cosine of the rate, Loshchilov and Hutter 2019, ICLR.
"""

import json
import math
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import Tensor, nn

from training.runner.inside.architectures import Resnet
from training.runner.inside.studio.network import (
    Pixels,
    rows_of,
    tensors_of,
    words_of,
)

WIDTHS = [16, 32, 64, 128]
BATCH, RATE, DECAY, SMOOTHING = 64, 3e-3, 5e-4, 0.05
BETAS, SMALLEST = (0.9, 0.999), 1e-8
SHIFT = 8  # a picture is moved by at most an eighth of its side
PACED = 6  # steps that tell how long one takes, the first of which prepares the others
SHARE = 0.8  # of the time there is, that steps are meant to fill
SETTLED_BATCHES = 16
PASS_SHARE = 1 / 3  # of a step's time, that answering as many pictures takes
TOLD_EVERY_SECONDS = 2.0

Ints = NDArray[np.int64]


class Adam:
    """AdamW, written out: importing torch's own would take each slice another second."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.weights = weights
        self.means, self.squares = (
            {name: torch.zeros_like(one) for name, one in self.weights.items()}
            for _ in range(2)
        )

    def step(self, number: int, *, rate: float) -> None:
        """Move the weights against their gradients, which are used up.

        Args:
            number: of the step, from 1 on.
            rate: how far at most.
        """
        first, second = 1 - BETAS[0] ** number, 1 - BETAS[1] ** number
        with torch.no_grad():
            for name, weight in self.weights.items():
                gradient = weight.grad
                if gradient is None:
                    raise ValueError(f"{name} has no gradient")
                mean, square = self.means[name], self.squares[name]
                mean.lerp_(gradient, 1 - BETAS[0])
                square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
                weight.mul_(1 - rate * DECAY)
                spread = (square / second).sqrt_().add_(SMALLEST)
                weight.addcdiv_(mean, spread, value=-rate / first)
                weight.grad = None


class Training:
    """A network on the way: weights, what Adam remembers, steps done and meant.

    `wished` steps are those that it would take if there were time for all. A training that
    ended before goes on where it stopped, and the rate falls from the top anew from there
    (warm restarts, Loshchilov and Hutter 2017, ICLR); `begun` is that step.
    """

    def __init__(self, side: int, classes: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.side, self.seed = side, seed
        self.module = Resnet((3, side, side), WIDTHS, classes)
        self.adam = Adam(dict(self.module.named_parameters()))
        self.done = self.meant = self.begun = self.wished = 0
        self.seconds = 0.0

    @property
    def is_done(self) -> bool:
        return 0 < self.meant <= self.done

    @property
    def is_cut_short(self) -> bool:
        """Whether more time would have let it learn more."""
        return self.done < self.wished

    def train(
        self,
        pixels: Pixels,
        target: Ints,
        *,
        epochs: float,
        seconds: float,
        left_seconds: float | None,
        to_answer: int,
        tell: Callable[[int, int, float], None],
    ) -> None:
        """Train step by step until `seconds` are over or all that is meant was done.

        Args:
            pixels: (n, side * side * 3), n at least 2.
            target: (n,) classes.
            epochs: how often each picture is meant to be seen, if there is time for it.
            seconds: of this slice.
            left_seconds: of all slices to come, with this one; fewer steps are meant where
                all would not fit. None if they take as long as they take.
            to_answer: how many pictures are answered in what is left, at the end.
            tell: told the epoch, how many there are, and the loss, every other second.
        """
        batches = batches_of(len(pixels))
        self.wished = self.wished or max(round(epochs * batches), 1)
        self.meant = self.meant or self.wished
        begun = told = paced = time.perf_counter()
        first = self.done
        self.module.train()
        while not self.is_done:
            loss = self._step(pixels, target, *divmod(self.done, batches))
            self.done += 1
            now, taken = time.perf_counter(), self.done - first
            if taken == 1:
                paced = now
            if taken == PACED and left_seconds is not None:
                pace = (now - paced) / (PACED - 1)
                answering = pace * PASS_SHARE * (to_answer / BATCH + SETTLED_BATCHES)
                can = SHARE * max(left_seconds - answering, 0) / pace
                self.meant = max(min(self.meant, first + math.floor(can)), self.done)
            if now - told > TOLD_EVERY_SECONDS or self.is_done:
                told = now
                tell(
                    math.ceil(self.done / batches),
                    math.ceil(self.meant / batches),
                    loss,
                )
            spent = now - begun
            if spent + spent / taken > seconds:
                break
        self.seconds += time.perf_counter() - begun
        self.module.eval()

    def _step(self, pixels: Pixels, target: Ints, epoch: int, place: int) -> float:
        share = (self.done - self.begun) / (self.meant - self.begun)
        rate = RATE * (1 + math.cos(math.pi * share)) / 2
        order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(pixels))
        taken = order[place * BATCH : (place + 1) * BATCH]
        chance = np.random.default_rng([self.seed, 1, self.done])
        rows = _moved(rows_of(pixels[taken]), self.side, chance)
        labels = torch.from_numpy(target[taken].astype(np.int64))
        loss = nn.functional.cross_entropy(
            self.module(rows), labels, label_smoothing=SMOOTHING
        )
        torch.autograd.backward(loss)
        self.adam.step(self.done + 1, rate=rate)
        return float(loss.detach())

    def settle(self, pixels: Pixels) -> None:
        """Measure anew what norms take off, by the weights that it came to.

        Running means lag behind weights that change quickly, as in a short training
        (Wu and Johnson 2021, “Rethinking "batch" in BatchNorm”, section 3).
        """
        norms = [
            one for one in self.module.modules() if isinstance(one, nn.BatchNorm2d)
        ]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all that comes
        order = np.random.default_rng([self.seed, 2]).permutation(len(pixels))
        self.module.train()
        with torch.no_grad():
            for place in range(min(batches_of(len(pixels)), SETTLED_BATCHES)):
                taken = order[place * BATCH : (place + 1) * BATCH]
                self.module(rows_of(pixels[taken]))
        self.module.eval()

    def checkpoint(self, *, has_ended: bool = False) -> bytes:
        """Return all that another slice needs, as safetensors.

        Args:
            has_ended: the training did, and another may go on if there is more time.
        """
        tensors = {
            f"{owner}/{name}": one
            for owner, named in (
                ("module", tensors_of(self.module)),
                ("means", self.adam.means),
                ("squares", self.adam.squares),
            )
            for name, one in named.items()
        }
        told = {
            "done": self.done,
            "meant": 0 if has_ended else self.meant,
            "begun": self.done if has_ended else self.begun,
            "wished": self.wished,
            "seconds": self.seconds,
        }
        return save(tensors, {"told": json.dumps(told)})

    def resume(self, data: bytes) -> None:
        """Go on from what `checkpoint` gave."""
        owned: dict[str, dict[str, Tensor]] = {}
        for path, one in load(data).items():
            owner, _, name = path.partition("/")
            owned.setdefault(owner, {})[name] = one
        self.module.load_state_dict(owned["module"])
        self.adam.means, self.adam.squares = owned["means"], owned["squares"]
        told = json.loads(words_of(data)["told"])
        self.done, self.meant = int(told["done"]), int(told["meant"])
        self.begun = int(told.get("begun", 0))
        self.wished = int(told.get("wished", self.meant))
        self.seconds = float(told["seconds"])


def batches_of(rows: int) -> int:
    """Return the steps of an epoch; no last one of a single picture, which has no norm."""
    return rows // BATCH + (rows % BATCH > 1)


def _moved(rows: Tensor, side: int, chance: np.random.Generator) -> Tensor:
    """Return pictures moved by some pixels each, their edges drawn out."""
    most = side // SHIFT
    pictures = rows.reshape(-1, 3, side, side)
    padded = nn.functional.pad(pictures, (most,) * 4, mode="replicate")
    corners = chance.integers(0, 2 * most, (len(rows), 2), endpoint=True)
    moved = [
        one[:, down : down + side, across : across + side]
        for one, (down, across) in zip(padded, corners.tolist(), strict=True)
    ]
    return torch.stack(moved).reshape(len(rows), -1)
