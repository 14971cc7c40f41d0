"""Tiny models that an operator places: made here, seeded, and of no great use."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.studio.wordings import BAD, GOOD
from training.backbones import placed_in
from training.runner.inside.studio.transformer import encoder_in
from training.runner.inside.studio.transformer_onnx import written

ENDINGS = {"file": "onnx", "weights": "safetensors"}
HEADS, PLACES = 4, 64
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def _onnx(nodes, inputs, outputs, weights) -> bytes:
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        outputs,
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def picture_onnx(*, channels: int = 24, seed: int = 5) -> bytes:
    """Return a network that gives maps of features, (n, channels, 8, 8), of 16 dots."""
    chance = np.random.default_rng(seed)
    kernels = chance.normal(0, 0.3, (channels, 3, 4, 4)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["pixels", "kernels"], ["maps"], strides=[2, 2]),
        helper.make_node("Relu", ["maps"], ["bent"]),
        helper.make_node("Reshape", ["bent", "shape"], ["features"]),
    ]
    inputs = [helper.make_tensor_value_info("pixels", FLOAT, ["n", 3, 16, 16])]
    outputs = [helper.make_tensor_value_info("features", FLOAT, ["n", channels * 49])]
    shape = np.array([0, -1], dtype=np.int64)
    return _onnx(nodes, inputs, outputs, {"kernels": kernels, "shape": shape})


def vocabulary(words) -> dict[str, int]:
    return {"[UNK]": 0, **{word: place for place, word in enumerate(words, start=1)}}


def tokenizer_json(words) -> bytes:
    made = Tokenizer(models.WordLevel(vocabulary(words), unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made.to_str().encode()


def text_onnx(points: np.ndarray) -> bytes:
    """Return an encoder that gives each token its point, (n, tokens, d)."""
    nodes = [helper.make_node("Gather", ["points", "input_ids"], ["hidden"], axis=0)]
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, INT64, ["n", "t"]) for name in names]
    nodes.append(helper.make_node("Identity", ["attention_mask"], ["unused"]))
    width = points.shape[1]
    outputs = [helper.make_tensor_value_info("hidden", FLOAT, ["n", "t", width])]
    return _onnx(nodes, inputs, outputs, {"points": points.astype(np.float32)})


def bert(words: int, *, scale: float = 0.3, seed: int = 7):
    """Return the tensors of a small encoder that has learnt nothing, as files name them."""
    width, layers = 16, 2
    chance = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=chance) * scale

    def linear(stem: str, outputs: int, inputs: int) -> dict[str, torch.Tensor]:
        return {
            f"{stem}.weight": drawn(outputs, inputs),
            f"{stem}.bias": drawn(outputs),
        }

    def norm(stem: str, names=("weight", "bias")) -> dict[str, torch.Tensor]:
        return {
            f"{stem}.{names[0]}": 1 + drawn(width),
            f"{stem}.{names[1]}": drawn(width),
        }

    found = {
        f"bert.embeddings.{name}_embeddings.weight": drawn(rows, width)
        for name, rows in (("word", words), ("position", PLACES), ("token_type", 2))
    }
    found["bert.embeddings.position_ids"] = torch.arange(PLACES)[None]
    found |= norm("bert.embeddings.LayerNorm", ("gamma", "beta"))
    found |= linear("bert.pooler.dense", width, width)
    for layer in range(layers):
        at = f"bert.encoder.layer.{layer}"
        for name in ("query", "key", "value"):
            found |= linear(f"{at}.attention.self.{name}", width, width)
        found |= linear(f"{at}.attention.output.dense", width, width)
        found |= linear(f"{at}.intermediate.dense", 2 * width, width)
        found |= linear(f"{at}.output.dense", width, 2 * width)
        for part in ("attention.output", "output"):
            found |= norm(f"{at}.{part}.LayerNorm")
    return found


def placed(folder: Path, name: str, word: dict[str, object], **files: bytes) -> Path:
    """Place files beside the word about them, and return the word's path."""
    said = {"name": name, "source": "https://models.example/", **word}
    for key, content in files.items():
        ending = ENDINGS.get(key, "json")
        path = folder / f"{name}.{ending}"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        said |= {key: path.name, "sha256" if key == "file" else f"{key}_sha256": digest}
    at = folder / f"{name}.backbone.json"
    at.write_text(json.dumps(said))
    return at


def eye(folder: Path, *, licence: str = "Apache-2.0"):
    """Place a network for pictures, and return what is placed."""
    word = {"modality": "IMAGE", "licence": licence, "side": 16}
    placed(folder, "tiny-eye", word, file=picture_onnx())
    return placed_in(folder)


def reader(folder: Path, words, *, licence: str = "MIT", seed: int = 6):
    """Place an encoder that puts words of one group near each other."""
    points = np.random.default_rng(seed).normal(0, 1, (len(words) + 1, 16))
    places = vocabulary(words)
    for place, group in enumerate((BAD, GOOD)):  # alike mean alike
        for word in group:
            if word in places:
                points[places[word], 0] = (-6.0, 6.0)[place]
    said = {"modality": "TEXT", "licence": licence}
    files = {"file": text_onnx(points), "tokenizer": tokenizer_json(words)}
    placed(folder, "tiny-reader", said, **files)
    return placed_in(folder)


def learner(folder: Path, words, *, scale: float = 0.05):
    """Place an encoder that can be fine-tuned, and that mixes words by `scale`."""
    places = vocabulary(words)
    weights = bert(len(places), scale=scale)
    for sign, group in ((-1.0, BAD), (1.0, GOOD)):
        for word in group:
            if word in places:
                known = weights["bert.embeddings.word_embeddings.weight"]
                known[places[word]] += sign * torch.linspace(-2.0, 2.0, known.shape[1])
    files = {
        "file": written(encoder_in(weights, heads=HEADS), heads=HEADS),
        "tokenizer": tokenizer_json(words),
        "weights": save(weights),
    }
    said = {"modality": "TEXT", "licence": "MIT", "heads": HEADS, "longest": PLACES}
    placed(folder, "tiny-learner", said, **files)
    return placed_in(folder)
