"""Trains a network on pictures for a slice of time, and answers others at the end."""

import sys
import time

import numpy as np
import torch

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.studio.network import answers_of, file_of
from training.runner.inside.studio.network_training import Training, batches_of
from training.runner.inside.wire import decode, encode

LEARNING = 0


def main(call: Call) -> bytes:
    """Return files: a `checkpoint` while there is more to do, then what it came to.

    That is the `answers` to the other rows, and where to go on if there were more time,
    as `resume`, where that would help; or, where the network is to be kept and learns
    from all of them, the `model`.
    """
    asked = call.arguments
    torch.set_num_threads(asked["threads"])
    arrays, _ = decode(call.read("learning"))
    pixels = arrays["pixels"]
    is_known = arrays["parts"] == LEARNING
    if asked["keeps"]:
        is_known = np.ones_like(is_known)
    known, others = pixels[is_known], pixels[~is_known]
    side = round((pixels.shape[1] / 3) ** 0.5)
    training = Training(side, asked["classes"], asked["seed"])
    if checkpoint := call.read("checkpoint"):
        training.resume(checkpoint)
    training.train(
        known,
        arrays["target"][is_known],
        epochs=asked["epochs"],
        seconds=asked["seconds"],
        left_seconds=asked["left_seconds"],
        to_answer=len(others),
        tell=_tell,
    )
    told = {
        "seconds": training.seconds,
        "epochs": training.done / batches_of(len(known)),
    }
    if not (training.is_done or asked["is_last"]):
        return encode_files({"checkpoint": training.checkpoint()}, told)
    resume = training.checkpoint(has_ended=True) if training.is_cut_short else b""
    training.settle(known)
    model = file_of(training.module, side)
    if asked["keeps"]:
        return encode_files({"model": model}, told)
    begun = time.perf_counter()
    answers = answers_of(training.module, others)
    told["ms_per_row"] = (time.perf_counter() - begun) * 1000 / max(len(others), 1)
    told["size_bytes"] = len(model)
    files = {"answers": encode({"validation": answers}, {}), "resume": resume}
    return encode_files(files, told)


def _tell(epoch: int, epochs: int, loss: float) -> None:
    sys.stderr.write(
        f"Epoch {epoch} of {epochs} (each goes once through the pictures); loss "
        f"{loss:.3f}, less is better.\n"
    )
    sys.stderr.flush()
