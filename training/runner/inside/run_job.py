"""Runs a person's own notebook or script, and takes what it leaves.

It runs in a process of its own in `/out`, where what it writes is kept; datasets lie
below `/data`. When its time is over it is stopped from here, so that what it has made by
then is kept.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.runner.inside.boot import Call
from training.runner.inside.collecting import Most, collect, plain_file
from training.runner.inside.documents import (
    TOLERATED,
    Document,
    answered,
    code_in,
    document_of,
    tags_of,
)
from training.runner.inside.files import encode_files
from training.runner.inside.following import CHUNK, followed
from training.runner.inside.fonts import without_fonts
from training.runner.inside.notebooks import cells_in
from training.runner.inside.refusal import Refusal

NOTEBOOK, OUT = "notebook.ipynb", "out/"
MOST_ANSWERS_BYTES = 24 * 2**20
MOST_FILES = 2_000
READ_ONLY = 0o444


def main(call: Call) -> bytes:
    told = json.loads(call.read("plan"))
    data, out, home = (call.scratch / name for name in ("data", "out", "job"))
    for folder in (data, out, home):
        folder.mkdir()
    for number, (place, files) in enumerate(told["data"]):
        _lay(call, f"data{number}", files, into=data / place)
    source = call.read("source")
    document: Document = {}
    answers = home / "answers.jsonl"
    if told["is_notebook"]:
        document = document_of(cells_in(source), told["parameters"])
        program = _notebook_program(document, home)
        words = ["-m", "training.runner.inside.run_notebook", str(program)]
        words.append(str(answers))
    else:
        words = [*_script(source, home), *_arguments(told["parameters"])]
    environment = _environment(told, data=data, out=out, home=home)
    command = [sys.executable, "-s", "-S", "-u", *words]
    call.begin_code()
    status, is_late = followed(command, out, environment, told["seconds"])
    facts: dict[str, Any] = {"status": status, "is_late": is_late, "unkept": ""}
    kept: dict[str, bytes] = {}
    if document:
        lines = _lines(answers)
        kept[NOTEBOOK] = answered(document, lines)
        facts["cell"] = _number(lines)
    try:
        found = collect(out, most=Most(told["output_bytes"], MOST_FILES))
        kept |= {f"{OUT}{name}": content for name, content in found}
    except Refusal as refusal:
        facts["unkept"] = refusal.message
    return encode_files(kept, facts)


def _lay(call: Call, name: str, files: list[list[Any]], *, into: Path) -> None:
    """Write the files of one dataset, which came one after another, for reading."""
    into.mkdir(parents=True)
    with call.open(name) as source:
        for path, size in files:
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                left = size
                while left:
                    chunk = source.read(min(left, CHUNK))
                    left -= len(chunk)
                    file.write(chunk)
            target.chmod(READ_ONLY)


def _notebook_program(document: Document, home: Path) -> Path:
    cells = code_in(document)
    program = home / "cells.json"
    told = {
        "cells": [
            (
                cell.number,
                cell.source,
                TOLERATED in tags_of(document["cells"][cell.number - 1]),
            )
            for cell in cells
        ],
        "left_out": [line for cell in cells for line in cell.left_out],
    }
    program.write_text(json.dumps(told))
    return program


def _script(source: bytes, home: Path) -> list[str]:
    program = home / "script.py"
    try:
        compile(source, program.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as broken:
        line = getattr(broken, "lineno", None)
        at = f" Line {line}" if line else " It"
        message = f"The script cannot be run.{at} is not Python: {str(broken)[:200]}."
        raise Refusal("unreadable_script", message, "UNPACK") from broken
    program.write_bytes(source)
    return [str(program)]


def _arguments(parameters: Mapping[str, Any]) -> list[str]:
    """Return parameters as a command line has them: text as it is, the rest as JSON."""
    words = []
    for name, value in parameters.items():
        words += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    return words


def _environment(
    told: dict[str, Any], *, data: Path, out: Path, home: Path
) -> dict[str, str]:
    site = Path(sys.path[0])
    found = {name: value for name, value in os.environ.items() if name != "RESULT_FD"}
    return found | {
        "DATA": str(data),
        "OUT": str(out),
        "PARAMETERS": json.dumps(told["parameters"]),
        "PYTHONPATH": f"{site}:{site.with_name('packages')}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home),
        **without_fonts(home),
    }


def _lines(answers: Path) -> list[bytes]:
    try:
        return (plain_file(answers, most_bytes=MOST_ANSWERS_BYTES) or b"").splitlines()
    except Refusal:
        return []


def _number(lines: list[bytes]) -> int:
    """Return which cell answered last, 0 if none did."""
    try:
        return int(json.loads(lines[-1])[0]) if lines else 0
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return 0
