"""Runs weights that torch saved as a table, in the network of the registry that it names.

Such a file is a pickle. torch loads it with `weights_only`, which was bypassed twice
(CVE-2025-32434, CVE-2026-24747), so it counts as code of its author. What was loaded is
written as safetensors and read anew: of the table only tensors and words remain.
"""

import io
import sys
from functools import partial
from typing import Any

import torch
from safetensors.torch import save

from training.runner.inside.answering import written
from training.runner.inside.boot import Call
from training.runner.inside.feeding import Run, features_of
from training.runner.inside.measuring import in_batches
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_safetensors import load, read
from training.runner.inside.run_torch import STAGE, tried

WEIGHTS = "state_dict"


def main(call: Call) -> bytes:
    torch.set_num_threads(call.arguments["threads"])
    data = call.read("model")
    columns, table = features_of(call)
    call.begin_code()
    converted = tried("unusable_model", partial(_converted, data))
    run = tried("unusable_model", partial(_fitting, converted, columns))
    return written(call, table, list(in_batches(run, table.values)), {})


def _converted(data: bytes) -> bytes:
    """Return the weights as safetensors, with what the table says in words."""
    try:
        saved = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as refused:
        raise ValueError(str(refused)) from refused
    if not isinstance(saved, dict) or not isinstance(saved.get(WEIGHTS), dict):
        raise TypeError(f"there is no table of weights called “{WEIGHTS}”")
    words = {key: word for key, word in saved.items() if isinstance(word, str)}
    state: dict[str, Any] = saved[WEIGHTS]
    return save({key: each.contiguous() for key, each in state.items()}, metadata=words)


def _fitting(converted: bytes, columns: list[str]) -> Run:
    try:
        tensors, words = read(converted)
        return load(tensors, words, columns)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.message}\n")
        raise Refusal("unusable_model", "", STAGE) from refusal
