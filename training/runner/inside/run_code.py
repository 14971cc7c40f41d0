"""Unpacks a submitted archive, runs its `predict.py` or notebook, answers what it writes.

The script finds the features at $INPUTS and writes its predictions to $OUTPUTS (the
same two paths are its arguments); where there are several tasks, $TASK names the one.
It runs in a process of its own, so that whatever becomes of it can be told. What it is
told is put into words outside: once the script has begun, a message from here might be
its own.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from training.runner.inside.archives import Bounds, unpack
from training.runner.inside.boot import Call
from training.runner.inside.collecting import plain_file
from training.runner.inside.notebooks import cells_of
from training.runner.inside.refusal import Refusal

SCRIPT = "predict.py"
ENDING = ".ipynb"
ALONE = "notebook.ipynb"
NOTEBOOK = b"{"
STAGE = "RUN"


def main(call: Call) -> bytes:
    code, into, out = (call.scratch / name for name in ("code", "in", "out"))
    for folder in (code, into, out):
        folder.mkdir()
    free_bytes = shutil.disk_usage(call.scratch).free
    most = min(call.arguments["unpacked_bytes"], free_bytes)
    archive = call.read("archive")
    if archive.lstrip()[:1] == NOTEBOOK:
        (code / ALONE).write_bytes(archive)
    else:
        unpack(io.BytesIO(archive), code, bounds=Bounds(size_bytes=most))
    home, entry = _entry_of(code)
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
    if task := call.arguments.get("task", ""):
        environment["TASK"] = task
    words = [SCRIPT]
    if entry.suffix == ENDING:
        cells = call.scratch / "cells.json"
        cells.write_text(_program_of(entry))
        words = ["-m", "training.runner.inside.run_cells", str(cells)]
    command = [sys.executable, "-s", "-S", "-u", *words, str(inputs), str(outputs)]
    call.begin_code()
    done = subprocess.run(command, cwd=home, env=environment, check=False)
    if done.returncode:
        raise Refusal("code_failed", "", STAGE, row_count=done.returncode)
    try:
        predictions = plain_file(outputs, most_bytes=call.arguments["output_bytes"])
    except Refusal as refusal:
        raise Refusal("too_large", "", STAGE) from refusal
    if predictions is None:
        raise Refusal("no_predictions", "", STAGE)
    return predictions


def _entry_of(code: Path) -> tuple[Path, Path]:
    """Find the folder to run in and what to run: the script, else the only notebook.

    The folder is the top, or the only folder at the top.
    """
    entries = list(code.iterdir())
    homes = [code, *(entries if len(entries) == 1 and entries[0].is_dir() else [])]
    for home in homes:
        if (home / SCRIPT).is_file():
            return home, home / SCRIPT
        notebooks = sorted(home.glob(f"*{ENDING}"))
        if len(notebooks) == 1:
            return home, notebooks[0]
        if notebooks:
            message = (
                f"The archive has {len(notebooks)} notebooks at its top and no {SCRIPT}. "
                "Leave the one that is to run."
            )
            raise Refusal("several_notebooks", message, "UNPACK")
    message = (
        f"The archive has neither {SCRIPT} nor a notebook at its top. Add one and zip "
        "again."
    )
    raise Refusal("no_script", message, "UNPACK")


def _program_of(notebook: Path) -> str:
    cells = cells_of(notebook.read_bytes())
    left_out = [line for cell in cells for line in cell.left_out]
    told = [(cell.number, cell.source) for cell in cells]
    return json.dumps({"cells": told, "left_out": left_out})
