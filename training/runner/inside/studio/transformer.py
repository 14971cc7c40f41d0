"""A transformer encoder of BERT's kind, from the tensors of its file of safetensors.

Devlin et al. 2019, “BERT”, NAACL. Names are those that Hugging Face's files have; what a
file says beside its tensors decides nothing, and none of its author's code is run.
"""

from collections.abc import Callable, Mapping
from math import sqrt

import torch
from torch import Tensor, nn

from training.runner.inside.refusal import Refusal

WORDS = "embeddings.word_embeddings"
PLACES = "embeddings.position_embeddings"
KINDS = "embeddings.token_type_embeddings"
FIRST_NORM = "embeddings.LayerNorm"
PREFIX = "bert."
OLD = {"gamma": "weight", "beta": "bias"}  # of norms, in files of long ago
SMALLEST = 1e-12
BEYOND = -1e4  # what a token that is padding is weighed with, before the softmax

Weights = Mapping[str, Tensor]
Drop = Callable[[Tensor], Tensor]


def whole(x: Tensor) -> Tensor:
    """Drop nothing."""
    return x


def encoder_in(tensors: Weights, *, heads: int) -> dict[str, Tensor]:
    """Return the tensors of an encoder by their names, without those it does not need.

    Raises:
        Refusal: they are those of another architecture.
    """
    found = {}
    for name, one in tensors.items():
        stem, _, last = name.removeprefix(PREFIX).rpartition(".")
        if (
            stem.startswith(("embeddings.", "encoder.layer."))
            and one.is_floating_point()
        ):
            found[f"{stem}.{OLD.get(last, last)}"] = one.float()
    layers = layers_of(found)
    wanted = {f"{stem}.weight": 2 for stem in (WORDS, PLACES, KINDS)}
    wanted |= _normed(FIRST_NORM)
    for at in map(layer_at, range(layers)):
        for stem in ("query", "key", "value"):
            wanted |= _linear(f"{at}attention.self.{stem}")
        for part in ("attention.output", "output"):
            wanted |= _linear(f"{at}{part}.dense") | _normed(f"{at}{part}.LayerNorm")
        wanted |= _linear(f"{at}intermediate.dense")
    lacking = [
        name
        for name, sides in wanted.items()
        if name not in found or found[name].ndim != sides
    ]
    if not layers or lacking:
        told = lacking[0] if lacking else layer_at(0)
        raise _unusable(f"it has no tensor {told} as BERT has it")
    if found[f"{WORDS}.weight"].shape[1] % heads:
        raise _unusable(f"its width is no multiple of {heads} heads")
    return {name: found[name].contiguous() for name in wanted}


def _linear(stem: str) -> dict[str, int]:
    return {f"{stem}.weight": 2, f"{stem}.bias": 1}


def _normed(stem: str) -> dict[str, int]:
    return {f"{stem}.weight": 1, f"{stem}.bias": 1}


def _unusable(why: str) -> Refusal:
    message = f"The weights that the operator placed cannot be fine-tuned: {why}."
    return Refusal("unusable_backbone", message, "LOAD")


def layers_of(weights: Weights) -> int:
    known = {
        name.split(".")[2] for name in weights if name.startswith("encoder.layer.")
    }
    return len(known)


def layer_at(layer: int) -> str:
    return f"encoder.layer.{layer}."


def hidden_of(
    weights: Weights, ids: Tensor, mask: Tensor, *, heads: int, drop: Drop = whole
) -> Tensor:
    """Return (n, t, d) of n texts of t tokens.

    Args:
        weights: of `encoder_in`.
        ids: (n, t) tokens.
        mask: (n, t), 1 where there is one and 0 for padding.
        heads: of its attention.
        drop: what is done to a layer's sums while it learns.
    """

    def linear(x: Tensor, stem: str) -> Tensor:
        return nn.functional.linear(
            x, weights[f"{stem}.weight"], weights[f"{stem}.bias"]
        )

    def norm(x: Tensor, stem: str) -> Tensor:
        weight, bias = weights[f"{stem}.weight"], weights[f"{stem}.bias"]
        return nn.functional.layer_norm(x, weight.shape, weight, bias, SMALLEST)

    def parted(x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

    beyond = ((1.0 - mask.float()) * BEYOND)[:, None, None, :]
    x = weights[f"{WORDS}.weight"][ids]
    x = x + weights[f"{PLACES}.weight"][: ids.shape[1]] + weights[f"{KINDS}.weight"][0]
    x = drop(norm(x, FIRST_NORM))
    for at in map(layer_at, range(layers_of(weights))):
        query, key, value = (
            parted(linear(x, f"{at}attention.self.{stem}"))
            for stem in ("query", "key", "value")
        )
        scores = query @ key.transpose(2, 3) / sqrt(query.shape[3]) + beyond
        mixed = (torch.softmax(scores, dim=3) @ value).transpose(1, 2).flatten(2)
        x = norm(
            x + drop(linear(mixed, f"{at}attention.output.dense")),
            f"{at}attention.output.LayerNorm",
        )
        inner = nn.functional.gelu(linear(x, f"{at}intermediate.dense"))
        x = norm(x + drop(linear(inner, f"{at}output.dense")), f"{at}output.LayerNorm")
    return x


def points_of(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return (n, d) points of length 1: the mean of a text's tokens, as they are asked for.

    See `training.runner.inside.studio.reading.Encoder`.
    """
    weights = mask.float()[:, :, None]
    means = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
    return nn.functional.normalize(means, dim=1)
