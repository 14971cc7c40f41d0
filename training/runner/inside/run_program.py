"""Runs a host's program as Codabench and CodaLab do, or as EvalAI does.

What it reads is laid out below /app (a link to the scratch space). It runs in a process
of its own, so that whatever becomes of it can be told. The answer is a head in JSON,
{"status", "files": [[name, size]]}, after its length in 8 bytes, then the files' bytes.
"""

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from training.runner.inside.archives import Bounds, unpack
from training.runner.inside.boot import Call
from training.runner.inside.collecting import Most, collect, plain_file
from training.runner.inside.refusal import Refusal

STAGE = "RUN"
LENGTH_BYTES = 8
METADATA = ("metadata.yaml", "metadata", "metadata.yml")
MOST_METADATA_BYTES = 64 * 1024
PYTHON = re.compile(r"python(3(\.\d+)?)?")
COMMAND = re.compile(r"^command\s*:\s*(.+?)\s*$", re.MULTILINE)
EVALUATE = Path(__file__).with_name("call_evaluate.py")
MOST_FILES = 5_000


def main(call: Call) -> bytes:
    told = call.arguments
    app = call.scratch / "app"
    app.mkdir()
    for place in told["folders"]:
        (app / place).mkdir(parents=True)
    for name, place, filename in told["inputs"]:
        _lay(call, name, into=app / place, filename=filename)
    for place in told["programs"]:
        _lift(app / place)
    command = _command(told, app)
    environment = {
        name: value for name, value in os.environ.items() if name != "RESULT_FD"
    }
    environment |= {
        "PYTHONPATH": str(sys.path[0]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    call.begin_code()
    done = subprocess.run(
        command,
        cwd=app / told["home"],
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found = _collected(app / told["output"], told)
    head = {
        "status": done.returncode,
        "files": [[name, len(content)] for name, content in found],
    }
    written = json.dumps(head).encode()
    length = len(written).to_bytes(LENGTH_BYTES, "little")
    return b"".join([length, written, *(content for _, content in found)])


def _lay(call: Call, name: str, *, into: Path, filename: str) -> None:
    """Put an input where programs look for it: a zip unpacked, unless it has a name."""
    content = call.read(name)
    if filename:
        (into / filename).write_bytes(content)
        return
    free_bytes = shutil.disk_usage(call.scratch).free
    most = min(call.arguments["unpacked_bytes"], free_bytes)
    try:
        unpack(io.BytesIO(content), into, bounds=Bounds(MOST_FILES, most))
    except Refusal as refusal:
        if name == "submission":
            raise
        message = f"The contest's {name} cannot be unpacked. {refusal.message}"
        raise Refusal("unusable_program", message, STAGE) from refusal


def _lift(program: Path) -> None:
    """Take a program out of the only folder at its top, if it was zipped that way."""
    entries = list(program.iterdir())
    if len(entries) != 1 or not entries[0].is_dir():
        return
    inner = entries[0].rename(program.with_name(f"{program.name} lifted"))
    program.rmdir()
    inner.rename(program)


def _command(told: dict[str, Any], app: Path) -> list[str]:
    python = [sys.executable, "-s", "-S"]
    if told["evaluate"]:
        return [*python, str(EVALUATE), *(f"{app}/{at}" for at in told["evaluate"])]
    line = _line(app / told["home"])
    for name in sorted(told["variables"], key=len, reverse=True):
        line = line.replace(f"${name}", told["variables"][name])
    try:
        words = shlex.split(line)
    except ValueError as broken:
        raise Refusal(
            "no_command", f"Its command has an open quote: {line}", STAGE
        ) from broken
    if not Path("/app").exists():  # a wall without a file system of its own
        words = [re.sub(r"^/app\b", str(app), word) for word in words]
    if words and PYTHON.fullmatch(Path(words[0]).name):
        return [*python, *words[1:]]
    shown = words[0] if words else line
    message = f"Its command runs {shown!r}; only Python runs here."
    raise Refusal("no_command", message, STAGE)


def _line(program: Path) -> str:
    for name in METADATA:
        metadata = program / name
        if metadata.is_file() and metadata.stat().st_size <= MOST_METADATA_BYTES:
            text = metadata.read_text(errors="replace")
            if found := COMMAND.search(text):
                return found[1].strip("\"'")
    message = "It has no metadata with a command at its top, so it cannot be run."
    raise Refusal("no_command", message, STAGE)


def _collected(output: Path, told: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Return the wanted files of the output, or all of them as one zip."""
    if told["wanted"] is None:
        return [("output.zip", _zipped(output, most_bytes=told["output_bytes"]))]
    wanted = (
        (name, plain_file(output / name, most_bytes=most_bytes))
        for name, most_bytes in told["wanted"]
    )
    return [(name, content) for name, content in wanted if content is not None]


def _zipped(output: Path, *, most_bytes: int) -> bytes:
    found = collect(output, most=Most(most_bytes))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in found:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue() if found else b""
