"""A Jupyter notebook as cells that a page can show: text and pictures, nothing that runs.

Of what a cell gave, the picture or the plain text is kept; HTML, scripts and widgets are
not looked at (nbformat 4, https://nbformat.readthedocs.io).
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

NOTEBOOK_BYTES = 5 * 2**20
MOST_CELLS = 200
MOST_OUTPUTS = 20  # of a cell
LONGEST_TEXT = 20_000
PICTURE_BYTES = 2**20
MOST_PICTURE_BYTES = 3 * 2**20  # of a whole notebook
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # colours, as terminals read them


@dataclass(frozen=True, slots=True)
class Output:
    """What a cell gave: `text`, or a picture as the address of its own bytes."""

    text: str = ""
    picture: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: `kind` is `markdown`, `code` or `raw`; `number` says when it ran."""

    kind: str
    source: str
    number: int | None = None
    outputs: list[Output] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Notebook:
    language: str
    cells: list[Cell]
    is_cut: bool


def is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def notebook_of(data: bytes) -> Notebook | None:
    """Return a notebook's cells, or None if it is none of version 4.

    Args:
        data: all of the file, at most `NOTEBOOK_BYTES`.
    """
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or told.get("nbformat") != 4:
        return None
    cells = told.get("cells")
    if not isinstance(cells, list):
        return None
    left = [MOST_PICTURE_BYTES]
    kept = [_cell(each, left) for each in cells[:MOST_CELLS] if isinstance(each, dict)]
    return Notebook(_language(told.get("metadata")), kept, len(cells) > MOST_CELLS)


def _language(metadata: Any) -> str:
    for part, name in (("language_info", "name"), ("kernelspec", "display_name")):
        told = metadata.get(part) if isinstance(metadata, dict) else None
        said = told.get(name) if isinstance(told, dict) else None
        if isinstance(said, str):
            return said[:50]
    return ""


def _cell(told: dict[str, Any], left: list[int]) -> Cell:
    kind = told.get("cell_type")
    number = told.get("execution_count")
    outputs = told.get("outputs")
    found = outputs[:MOST_OUTPUTS] if isinstance(outputs, list) else []
    given = [_output(each, left) for each in found if isinstance(each, dict)]
    return Cell(
        kind if kind in ("markdown", "code") else "raw",
        _text(told.get("source")),
        number if type(number) is int else None,
        [each for each in given if each.text or each.picture],
    )


def _output(told: dict[str, Any], left: list[int]) -> Output:
    kind = told.get("output_type")
    if kind == "stream":
        return Output(text=_text(told.get("text")))
    if kind == "error":
        name, value = _text(told.get("ename")), _text(told.get("evalue"))
        return Output(text=f"{name}: {value}", is_error=True)
    data = told.get("data")
    if not isinstance(data, dict):
        return Output()
    for media_type in PICTURES:
        if picture := _picture(media_type, data.get(media_type), left):
            return Output(text=_text(data.get("text/plain")), picture=picture)
    return Output(text=_text(data.get("text/plain")))


def _picture(media_type: str, said: Any, left: list[int]) -> str:
    """Return a picture as a `data:` address, if it is one and there is room for it."""
    if isinstance(said, list):
        said = "".join(each for each in said if isinstance(each, str))
    if not isinstance(said, str) or len(said) > min(2 * PICTURE_BYTES, 2 * left[0]):
        return ""
    try:
        raw = base64.b64decode("".join(said.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if not raw.startswith(PICTURES[media_type]) or len(raw) > left[0]:
        return ""
    left[0] -= len(raw)
    return f"data:{media_type};base64,{base64.b64encode(raw).decode()}"


def _text(said: Any) -> str:
    """Return a text that nbformat writes whole or by lines, without terminal codes."""
    if isinstance(said, list):
        said = "".join(each for each in said if isinstance(each, str))
    if not isinstance(said, str):
        return ""
    plain = ANSI.sub("", said)
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}…"
