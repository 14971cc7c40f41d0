"""Runs a TorchScript or torch.export file. Loading one runs code of its author.

So the word that such code begins goes out before, and what is refused after it is put
into words outside; what torch said of it stands in the log.
"""

import io
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from training.runner.inside.answering import written
from training.runner.inside.boot import Call
from training.runner.inside.feeding import features_of, is_of_memory, short_of_memory
from training.runner.inside.measuring import in_batches
from training.runner.inside.refusal import Refusal

STAGE = "RUN"
FAULTS = (  # what loading and running raise; anything else is told as a crash
    *(RuntimeError, ValueError, TypeError, KeyError, AttributeError, AssertionError),
    *(IndexError, NotImplementedError, OSError, EOFError, ImportError),
    zipfile.BadZipFile,
)


def _exported(data: bytes) -> Callable[[Any], Any]:
    module: Callable[[Any], Any] = torch.export.load(io.BytesIO(data)).module()
    return module


def _scripted(data: bytes) -> Callable[[Any], Any]:
    load: Any = torch.jit.load  # which has no types
    module: Callable[[Any], Any] = load(io.BytesIO(data), map_location="cpu")
    return module


LOADERS = {"TORCHSCRIPT": _scripted, "PT2": _exported}


def main(call: Call) -> bytes:
    torch.set_num_threads(call.arguments["threads"])
    data = call.read("model")
    _, table = features_of(call)
    load = LOADERS[call.arguments["format"]]
    call.begin_code()
    with torch.inference_mode():
        model = tried("unusable_model", partial(load, data))
        batches = list(in_batches(partial(_run, model), table.values))
    return written(call, table, batches, {})


def _run(model: Any, rows: Any) -> list[Any]:
    return _outputs(tried("wrong_inputs", partial(model, _tensor(rows))))


def _tensor(rows: Any) -> Any:
    return torch.from_numpy(rows.astype(np.float32))


def _outputs(answer: Any) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else [answer]
    if not all(isinstance(each, torch.Tensor) for each in found):
        raise Refusal("wrong_outputs", "", STAGE)
    return [each.numpy() for each in found]


def tried(code: str, act: Callable[[], Any]) -> Any:
    """Do what a model may fail in; write to the log why, and refuse without words.

    Raises:
        Refusal: it failed; `out_of_memory`, on which a batch is halved, is told in words.
    """
    try:
        return act()
    except FAULTS as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        if is_of_memory(error):
            raise short_of_memory(error) from error
        raise Refusal(code, "", STAGE) from error
