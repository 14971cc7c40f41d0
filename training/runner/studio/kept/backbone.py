"""The model of others that this one was built on: it lies beside, or is put there.

Its licence may not let it be passed on; then model.json says where it is from, and by its
SHA-256 which file is meant.
"""

import hashlib
import sys
from pathlib import Path

import onnxruntime

HERE = Path(__file__).resolve().parent


def session_of(about: dict) -> onnxruntime.InferenceSession:
    word = about["backbone"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.use_deterministic_compute = True
    return onnxruntime.InferenceSession(
        bytes_of("backbone.onnx", word["sha256"], word),
        sess_options=options,
        providers=["CPUExecutionProvider"],
    )


def bytes_of(name: str, sha256: str, word: dict) -> bytes:
    """Return a file beside this one, if it is the one that the model was built on."""
    path = HERE / name
    if not path.is_file():
        sys.exit(
            f"{name} is missing. It is a file of {word['name']}, from {word['source']}, "
            f"of the licence {word['licence']}; put the one with the SHA-256 {sha256} "
            f"beside predict.py."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.exit(f"{name} is another file than the one with the SHA-256 {sha256}.")
    return data
