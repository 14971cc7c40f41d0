"""Has a transformer encoder learn from texts and their classes, and writes it as ONNX.

All weights but those of words and places learn, beside a linear layer over the points
that texts come to, which is thrown away: whoever keeps the encoder weighs its points anew.
AdamW with a rate that rises and falls in straight lines, as Devlin et al. 2019 have it.
"""

import math
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.studio.network_training import Adam
from training.runner.inside.studio.texts import parted
from training.runner.inside.studio.transformer import (
    KINDS,
    PLACES,
    WORDS,
    encoder_in,
    hidden_of,
    points_of,
)
from training.runner.inside.studio.transformer_onnx import written
from training.runner.inside.wire import decode

LEARNING = 0
BATCH, HEAD_RATE, WARMING = 16, 2e-3, 0.1
SCALE = 10.0  # of points, whose length is 1, before the linear layer
DROPPED = 0.1
PACED = 4  # steps that tell how long one takes, the first of which prepares the others
SHARE = 0.9  # of the time there is, that steps are meant to fill
TOLD_EVERY_SECONDS = 2.0
FROZEN = frozenset(f"{stem}.weight" for stem in (WORDS, PLACES, KINDS))

Tokens = Sequence[Sequence[int]]
Ints = NDArray[np.int64]


class Tuning:
    """An encoder on the way, and the linear layer that tells it what to look for."""

    def __init__(
        self,
        weights: dict[str, Tensor],
        *,
        heads: int,
        classes: int,
        rate: float,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        self.weights, self.heads, self.seed = weights, heads, seed
        self.rate = rate
        width = weights[f"{WORDS}.weight"].shape[1]
        device = weights[f"{WORDS}.weight"].device
        head = nn.Linear(width, classes)
        self.head = {
            name: one.detach().to(device).requires_grad_()
            for name, one in head.named_parameters()
        }
        learning = {name: one for name, one in weights.items() if name not in FROZEN}
        self.encoder_adam = Adam(
            {name: one.requires_grad_() for name, one in learning.items()}
        )
        self.head_adam = Adam(self.head)
        self.done = 0

    def train(
        self, tokens: Tokens, target: Ints, *, epochs: float, seconds: float
    ) -> float:
        """Train for so many epochs, or fewer if time does not suffice; return how many."""
        batches = math.ceil(len(tokens) / BATCH)
        meant = max(round(epochs * batches), 1)
        begun = told = paced = time.perf_counter()
        while self.done < meant:
            loss = self._step(tokens, target, _height(self.done, meant))
            self.done += 1
            now = time.perf_counter()
            if self.done == 1:
                paced = now
            if self.done == PACED:
                pace = (now - paced) / (PACED - 1)
                can = int(SHARE * (seconds - (now - begun)) / pace)
                meant = max(min(meant, self.done + can), self.done)
            if now - told > TOLD_EVERY_SECONDS or self.done == meant:
                told = now
                epoch, of = (math.ceil(one / batches) for one in (self.done, meant))
                sys.stderr.write(f"Epoch {epoch} of {of}; loss {loss:.3f}\n")
                sys.stderr.flush()
            if now - begun > seconds:
                break
        return self.done / batches

    def _step(self, tokens: Tokens, target: Ints, height: float) -> float:
        batches = math.ceil(len(tokens) / BATCH)
        epoch, place = divmod(self.done, batches)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(tokens))
        taken = order[place * BATCH : (place + 1) * BATCH]
        device = self.head["weight"].device
        ids, mask = padded([tokens[one] for one in taken])
        ids, mask = ids.to(device), mask.to(device)
        hidden = hidden_of(
            self.weights, ids, mask, heads=self.heads, drop=nn.Dropout(DROPPED)
        )
        points = SCALE * points_of(hidden, mask)
        scores = nn.functional.linear(points, self.head["weight"], self.head["bias"])
        labels = torch.from_numpy(target[taken].astype(np.int64)).to(device)
        loss = nn.functional.cross_entropy(scores, labels)
        torch.autograd.backward(loss)
        self.encoder_adam.step(self.done + 1, rate=self.rate * height)
        self.head_adam.step(self.done + 1, rate=HEAD_RATE * height)
        return float(loss.detach())


def _height(done: int, meant: int) -> float:
    """Return the share of the rate that a step learns by: it rises, and then falls."""
    rising, falling = (done + 1) / (WARMING * meant), (meant - done) / meant
    return min(rising, falling / (1.0 - WARMING), 1.0)


def padded(tokens: Tokens) -> tuple[Tensor, Tensor]:
    """Return (n, t) tokens with zeros behind, and where there are any."""
    longest = max(len(one) for one in tokens)
    ids = torch.zeros((len(tokens), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for place, one in enumerate(tokens):
        ids[place, : len(one)] = torch.tensor(one)
        mask[place, : len(one)] = 1
    return ids, mask


def main(call: Call) -> bytes:
    """Return the file `encoder`, and how often it saw each text."""
    asked = call.arguments
    torch.set_num_threads(asked["threads"])
    device = "cuda" if asked["gpu"] and torch.cuda.is_available() else "cpu"
    arrays, _ = decode(call.read("learning"))
    is_known = arrays["parts"] == LEARNING
    if asked["keeps"]:
        is_known = np.ones_like(is_known)
    weights = encoder_in(load(call.read("weights")), heads=asked["heads"])
    most = min(asked["longest"], len(weights[f"{PLACES}.weight"]))
    tokenizer = Tokenizer.from_buffer(call.read("tokenizer"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(most)
    texts = list(_wanted(parted(arrays["letters"], arrays["ends"]), is_known))
    tokens = [one.ids or [0] for one in tokenizer.encode_batch(texts)]
    begun = time.perf_counter()
    tuning = Tuning(
        {name: one.to(device) for name, one in weights.items()},
        heads=asked["heads"],
        classes=asked["classes"],
        rate=asked["rate"],
        seed=asked["seed"],
    )
    epochs = tuning.train(
        tokens,
        arrays["target"][is_known],
        epochs=asked["epochs"],
        seconds=asked["seconds"],
    )
    told = {
        "epochs": epochs,
        "seconds": time.perf_counter() - begun,
        "device": torch.cuda.get_device_name() if device == "cuda" else "CPU",
    }
    return encode_files(
        {"encoder": written(tuning.weights, heads=asked["heads"])}, told
    )


def _wanted(texts: Sequence[str], is_wanted: NDArray[np.bool_]) -> Iterator[str]:
    for place in np.flatnonzero(is_wanted).tolist():
        yield texts[place]
