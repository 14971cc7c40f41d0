"""Has AutoGluon fit models for so long, and answers the rows to choose by with each.

Each of the two is a process of its own that is ended when its time is over, for AutoGluon
outruns the limits that it is given (its issues 269 and 2012). What it had written down by
then is what answers, and what was answered by then is what comes back.
"""

import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.following import followed
from training.runner.inside.refusal import Refusal

STEPS = "training.runner.inside.studio.autogluon_steps"
FITTING = 0.75  # of the time; the rest is for answering
ANSWERS, PREDICTOR, PREDICTOR_ZIP = "answers", "predictor", "predictor.zip"


def main(call: Call) -> bytes:
    asked = call.arguments
    home = call.scratch / "autogluon"
    for folder in (home, home / ANSWERS):
        folder.mkdir()
    (home / "learning").write_bytes(call.read("learning"))
    fitting = asked["seconds"] * FITTING
    _run("fit", home, asked, seconds=fitting)
    if not (home / PREDICTOR / "predictor.pkl").exists():
        message = "AutoGluon did not begin to fit; the end of the log says why."
        raise Refusal("cannot_learn", message, "RUN")
    _run("answer", home, asked, seconds=asked["seconds"] - fitting)
    files = {one.name: one.read_bytes() for one in sorted((home / ANSWERS).iterdir())}
    if not files:
        message = "AutoGluon had no model that answers when its time was over."
        raise Refusal("no_model", message, "RUN")
    if asked["predictor_bytes"]:
        most = asked["predictor_bytes"]
        files[PREDICTOR_ZIP] = _zipped(home / PREDICTOR, most=most)
    return encode_files(files, {})


def _run(step: str, home: Path, asked: dict[str, Any], *, seconds: float) -> None:
    """Do a step in a process that imports what is installed beside the interpreter."""
    site = Path(sys.path[0])
    environment = {
        **{name: value for name, value in os.environ.items() if name != "RESULT_FD"},
        "PYTHONPATH": f"{site}:{site.with_name('packages')}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(home),
    }
    told = json.dumps({**asked, "seconds": seconds})
    command = [sys.executable, "-s", "-S", "-u", "-m", STEPS, step, str(home), told]
    followed(command, home, environment, seconds)


def _zipped(folder: Path, *, most: int) -> bytes:
    """Return a ZIP of a folder, empty if it would take more than `most` bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if sum(path.stat().st_size for path in paths) > most:
        return b""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in paths:
            archive.write(path, str(path.relative_to(folder)))
    return out.getvalue()
