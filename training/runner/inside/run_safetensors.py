"""Runs weights in safetensors, in the network of the registry that they name.

Nothing of the file runs: its header is JSON, its body numbers, and the network is ours.
Several files, with their index or a `config.json`, come as a zip.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import nn

from training.kinds.weights import (
    CONFIG,
    WeightsUnusable,
    read_folder,
    read_header,
)
from training.runner.inside.answering import answered
from training.runner.inside.architectures import BUILDERS, Misshapen, built
from training.runner.inside.archives import BROKEN, Bounds, judged
from training.runner.inside.boot import Call
from training.runner.inside.feeding import (
    Rows,
    Run,
    is_of_memory,
    short_of_memory,
    told,
    unmatched,
)
from training.runner.inside.refusal import Refusal

STAGE = "LOAD"
ZIP = b"PK\x03\x04"
BOUNDS = Bounds(entries=500, size_bytes=512 * 2**20)
KNOWN = {torch.float64, torch.float32, torch.float16, torch.bfloat16}
COUNTS = "num_batches_tracked"
Tensors = dict[str, torch.Tensor]
P = ParamSpec("P")
Found = TypeVar("Found")


def main(call: Call) -> bytes:
    torch.set_num_threads(call.arguments["threads"])
    data = call.read("model")
    tensors, words = read(data)
    return answered(call, lambda columns: (load(tensors, words, columns), None))


def read(data: bytes) -> tuple[Tensors, Mapping[str, str]]:
    """Read a safetensors file, or a zip of shards, with what is said of its network.

    Raises:
        Refusal: a file lies about itself, or no architecture of the registry is named.
    """
    if data.startswith(ZIP):
        tensors, words = _unpacked(data)
    else:
        _, words = _described(read_header, io.BytesIO(data), len(data))
        tensors = _loaded(data)
    name = words.get("architecture", "")
    if name not in BUILDERS:
        raise Refusal(
            "unknown_architecture",
            f"It names the architecture “{name[:40]}”. It should be one of "
            f"{', '.join(BUILDERS)}, in the file's metadata or in {CONFIG}.",
            STAGE,
        )
    return tensors, words


def _unpacked(data: bytes) -> tuple[Tensors, Mapping[str, str]]:
    tensors: Tensors = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _at_its_top(judged(archive, BOUNDS))
            files = {name: entry.file_size for name, entry in entries.items()}
            found = _described(
                read_folder, files, lambda name: archive.open(entries[name])
            )
            for shard in found.shards:
                tensors |= _loaded(archive.read(entries[shard]))
    except BROKEN as broken:
        message = f"The archive cannot be read: {broken}. Zip the folder again."
        raise Refusal("unreadable_archive", message, "UNPACK") from broken
    return tensors, found.words


def _at_its_top(
    entries: Iterable[tuple[zipfile.ZipInfo, PurePosixPath]],
) -> dict[str, zipfile.ZipInfo]:
    """Return the files at the top of a zip, or of the one folder that is there."""
    files = {path.parts: entry for entry, path in entries if not entry.is_dir()}
    tops = {parts[0] for parts in files}
    depth = 1 if len(tops) == 1 and all(len(parts) > 1 for parts in files) else 0
    return {
        parts[depth]: entry for parts, entry in files.items() if len(parts) == depth + 1
    }


def _described(read: Callable[P, Found], *args: P.args, **kwargs: P.kwargs) -> Found:
    try:
        return read(*args, **kwargs)
    except WeightsUnusable as lie:
        raise unusable(str(lie)) from lie


def _loaded(data: bytes) -> Tensors:
    try:
        return load_tensors(data)
    except (SafetensorError, ValueError, RuntimeError, KeyError) as lie:
        raise unusable(f"its header does not fit its contents: {told(lie)}") from lie


def load(tensors: Tensors, settings: Mapping[str, str], columns: list[str]) -> Run:
    """Put the weights into their network, and return what runs it.

    Raises:
        Refusal: its tensors are no numbers, or do not fit.
    """
    module = module_of(tensors, settings, columns)

    def run(rows: Rows) -> list[Any]:
        with torch.inference_mode():
            try:
                answer = module(torch.from_numpy(rows.astype(np.float32)))
            except RuntimeError as error:
                if is_of_memory(error):
                    raise short_of_memory(error) from error
                message = f"The network fails on the inputs: {told(error)}"
                raise Refusal("model_failed", message, "RUN") from error
        return [answer.numpy()]

    return run


def module_of(
    tensors: Tensors, settings: Mapping[str, str], columns: list[str]
) -> nn.Module:
    """Return the network with its weights, not to be trained.

    Raises:
        Refusal: its tensors are no numbers, or do not fit.
    """
    for name, tensor in tensors.items():
        if tensor.dtype not in KNOWN and not name.endswith(COUNTS):
            raise unusable(f"“{name}” is {tensor.dtype}, not floating point")
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    name = settings["architecture"]
    try:
        module = built(name, shapes, settings, columns=len(columns))
    except Misshapen as misfit:
        raise unmatched(f"as a {name}, {misfit}", columns) from misfit
    state = {
        each: tensor if each.endswith(COUNTS) else tensor.float()
        for each, tensor in tensors.items()
    }
    for each in module.state_dict().keys() - state.keys():
        state[each] = torch.tensor(0)  # how many batches trained it, which no one reads
    module.load_state_dict(state, assign=True)
    return module.eval()


def unusable(problem: str) -> Refusal:
    message = f"The safetensors file cannot be used: {problem}. Save it again."
    return Refusal("unusable_model", message, STAGE)
