"""Unpacks a submitted archive and runs its `predict.py`; answers what that writes.

The script finds the features at $INPUTS and writes its predictions to $OUTPUTS (the
same two paths are its arguments). It runs in a process of its own, so that whatever
becomes of it can be told. What it is told is put into words outside: once the script
has begun, a message from here might be its own.
"""

import io
import os
import shutil
import subprocess
import sys

from training.runner.inside.archives import Bounds, unpack
from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal

SCRIPT = "predict.py"
STAGE = "RUN"


def main(call: Call) -> bytes:
    code, into, out = (call.scratch / name for name in ("code", "in", "out"))
    for folder in (code, into, out):
        folder.mkdir()
    free_bytes = shutil.disk_usage(call.scratch).free
    most = min(call.arguments["unpacked_bytes"], free_bytes)
    unpack(io.BytesIO(call.read("archive")), code, bounds=Bounds(size_bytes=most))
    home = _home_of_script(code)
    inputs, outputs = into / "inputs.csv", out / "predictions.csv"
    inputs.write_bytes(call.read("inputs"))

    environment = {
        name: value for name, value in os.environ.items() if name != "RESULT_FD"
    }
    environment |= {
        "INPUTS": str(inputs),
        "OUTPUTS": str(outputs),
        "PYTHONPATH": str(sys.path[0]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-s", "-S", "-u", SCRIPT, str(inputs), str(outputs)]
    call.begin_code()
    done = subprocess.run(command, cwd=home, env=environment, check=False)
    if done.returncode:
        raise Refusal("code_failed", "", STAGE, row_count=done.returncode)
    if not outputs.is_file() or outputs.is_symlink():
        raise Refusal("no_predictions", "", STAGE)
    if outputs.stat().st_size > call.arguments["output_bytes"]:
        raise Refusal("too_large", "", STAGE)
    return outputs.read_bytes()


def _home_of_script(code: os.PathLike[str]) -> str:
    """Find the folder with the script: the top, or the only folder at the top."""
    with os.scandir(code) as found:
        entries = list(found)
    if any(entry.name == SCRIPT and entry.is_file() for entry in entries):
        return os.fspath(code)
    if len(entries) == 1 and os.path.isfile(os.path.join(entries[0].path, SCRIPT)):  # noqa: PTH113, PTH118  beside scandir
        return entries[0].path
    message = f"The archive has no {SCRIPT} at its top. Add one and zip again."
    raise Refusal("no_script", message, "UNPACK")
