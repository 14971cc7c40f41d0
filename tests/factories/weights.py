"""Weights in safetensors as files: one, or shards with their index and config."""

import io
import json
import struct
import zipfile
from math import prod

FIRST, SECOND = (f"model-0000{n}-of-00002.safetensors" for n in (1, 2))
INDEX, CONFIG = "model.safetensors.index.json", "config.json"
EYE = {"weight": ([2, 2], [1.0, 0.0, 0.0, 1.0]), "bias": ([2], [0.0, 0.0])}


def weights(tensors, *, header=None, **words):
    """Return a safetensors file of float32 tensors: name to shape and numbers."""
    said, body = {"__metadata__": words} if words else {}, b""
    for name, (shape, numbers) in tensors.items():
        begins = len(body)
        body += struct.pack(f"<{prod(shape)}f", *numbers)
        place = [begins, len(body)]
        said[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
    told = json.dumps({**said, **(header or {})}).encode()
    return struct.pack("<Q", len(told)) + told + body


def sharded(**other):
    """Return the files of a linear model in two shards, `other` in place of some.

    A name is a file's, with `.` and `-` as `_`; None leaves a file out.
    """
    index = {"metadata": {}, "weight_map": {"weight": FIRST, "bias": SECOND}}
    files = {
        CONFIG: json.dumps({"architectures": ["linear"]}).encode(),
        INDEX: json.dumps(index).encode(),
        FIRST: weights({"weight": EYE["weight"]}),
        SECOND: weights({"bias": EYE["bias"]}),
    }
    names = dict(zip(("config", "index", "first", "second"), files, strict=True))
    for name, content in other.items():
        files[names.get(name, f"{name}.safetensors")] = content
    return {name: content for name, content in files.items() if content is not None}


def index_of(**shards):
    """Return an index that puts tensors into shards."""
    return json.dumps({"weight_map": shards}).encode()


def zipped(files, *, top=""):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{top}{name}", content)
    return packed.getvalue()


LIE = {"weight": {"dtype": "F32", "shape": [2**20, 2**20], "data_offsets": [0, 16]}}
WRONG = {  # files of weights, and what is said of them
    "a shard is missing": (sharded(second=None), f"{SECOND} is missing"),
    "a shard too many": (sharded(more=weights(EYE)), "does not name more.safetensors"),
    "the index leaves": (
        sharded(index=index_of(weight="../../etc/x.safetensors", bias=SECOND)),
        "names “../../etc/x.safetensors”, which is no file of weights beside it",
    ),
    "a tensor twice": (
        sharded(second=weights(EYE)),
        f"“weight” is both in {FIRST} and in {SECOND}",
    ),
    "a tensor that is not indexed": (
        sharded(second=weights({"bias": EYE["bias"], "more": ([1], [0.0])})),
        f"{SECOND} has “more”, which {INDEX} does not put there",
    ),
    "a tensor that is not there": (
        sharded(index=index_of(weight=FIRST, bias=SECOND, more=SECOND)),
        f"{INDEX} puts “more” into {SECOND}, which has no such tensor",
    ),
    "a header that lies": (
        sharded(first=weights({"weight": EYE["weight"]}, header=LIE)),
        f"{FIRST}: its header does not fit its contents",
    ),
    "a header that hides": (
        sharded(first=weights({"weight": EYE["weight"]}) + b"hidden"),
        "it tells of 16 bytes, and 22 follow",
    ),
    "two networks": (
        sharded(first=weights({"weight": EYE["weight"]}, architecture="mlp")),
        "config.json names the architecture “linear”, and another file “mlp”",
    ),
    "no index": (sharded(index=None), f"2 files of weights and no {INDEX}"),
    "an index of nothing": (sharded(index=b"[]"), f"{INDEX} is not a JSON object"),
    "a tensor named twice": (
        sharded(index=b'{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}'),
        f"{INDEX} says “a” twice",
    ),
    "nothing": ({CONFIG: b"{}"}, "there are none"),
}
