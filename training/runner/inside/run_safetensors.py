"""Runs weights in safetensors, in the network of the registry that they name.

Nothing of the file runs: its header is JSON, its body numbers, and the network is ours.
"""

import json
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from training.runner.inside.answering import answered
from training.runner.inside.architectures import BUILDERS, Misshapen, built
from training.runner.inside.boot import Call
from training.runner.inside.feeding import Rows, Run, told, unmatched
from training.runner.inside.refusal import Refusal

STAGE = "LOAD"
LARGEST_HEADER = 8 * 2**20
KNOWN = {torch.float64, torch.float32, torch.float16, torch.bfloat16}
COUNTS = "num_batches_tracked"


def main(call: Call) -> bytes:
    torch.set_num_threads(call.arguments["threads"])
    data = call.read("model")
    settings = settings_of(data)
    return answered(call, lambda columns: load(data, settings, columns))


def settings_of(data: bytes) -> dict[str, str]:
    """Return the words of a file's metadata, which name its architecture.

    Raises:
        Refusal: the header is none, or names no architecture of the registry.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or not 2 <= length <= min(LARGEST_HEADER, len(data) - 8):
        raise unusable("its header is longer than the file, or cut off")
    try:
        header: Any = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as broken:
        raise unusable("its header is not JSON") from broken
    words = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(words, dict) or not all(
        isinstance(word, str) for word in words.values()
    ):
        raise unusable("its metadata is not a table of words")
    name = words.get("architecture", "")
    if name not in BUILDERS:
        raise Refusal(
            "unknown_architecture",
            f"Its metadata names the architecture “{name[:40]}”. It should be one of "
            f"{', '.join(BUILDERS)}.",
            STAGE,
        )
    return words


def load(data: bytes, settings: dict[str, str], columns: list[str]) -> Run:
    """Put the weights into their network, and return what runs it.

    Raises:
        Refusal: the file lies about itself, or its tensors do not fit.
    """
    try:
        tensors = load_tensors(data)
    except (SafetensorError, ValueError, RuntimeError, KeyError) as lie:
        raise unusable(f"its header does not fit its contents: {told(lie)}") from lie
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
    module.eval()

    def run(rows: Rows) -> list[Any]:
        with torch.inference_mode():
            try:
                answer = module(torch.from_numpy(rows.astype(np.float32)))
            except RuntimeError as error:
                message = f"The network fails on the inputs: {told(error)}"
                raise Refusal("model_failed", message, "RUN") from error
        return [answer.numpy()]

    return run


def unusable(problem: str) -> Refusal:
    message = f"The safetensors file cannot be used: {problem}. Save it again."
    return Refusal("unusable_model", message, STAGE)
