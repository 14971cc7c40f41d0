"""Tiny models that an operator places: made here, seeded, and of no great use."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.studio.wordings import BAD, GOOD
from training.backbones import placed_in

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


def placed(folder: Path, name: str, word: dict[str, object], **files: bytes) -> Path:
    """Place files beside the word about them, and return the word's path."""
    said = {"name": name, "source": "https://models.example/", **word}
    for key, content in files.items():
        ending = "onnx" if key == "file" else "json"
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
