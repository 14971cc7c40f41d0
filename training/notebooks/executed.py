"""An executed notebook as a page shows it: text and images, and nothing that could act.

It comes from a stranger's program. HTML, SVG and scripts of outputs are not shown; what an
image says that it is, its first bytes must say too.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_SHOWN_BYTES = 6 * 2**20
MOST_CELLS = 500
MOST_TEXT = 20_000  # characters of one output
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
NOT_SHOWN = ("text/html", "image/svg+xml", "application/javascript")


class Form(StrEnum):
    TEXT = "TEXT"
    ERROR = "ERROR"
    IMAGE = "IMAGE"


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """One output: `content` is text, or of an image its address."""

    form: Form
    content: str
    is_cut: bool = False
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell: `number` counts all of them, `count` those that ran."""

    number: int
    kind: str
    source: str
    count: int | None = None
    outputs: tuple[ShownOutput, ...] = field(default=())


def shown_cells(notebook: bytes) -> list[ShownCell] | None:
    """Return the cells of an executed notebook; None if they are too many to show."""
    if len(notebook) > MOST_SHOWN_BYTES:
        return None
    try:
        cells = json.loads(notebook)["cells"]
        if not isinstance(cells, list) or len(cells) > MOST_CELLS:
            return None
        return [_cell(number, each) for number, each in enumerate(cells, 1)]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return None


def _cell(number: int, told: Mapping[str, Any]) -> ShownCell:
    count, outputs = told.get("execution_count"), told.get("outputs")
    return ShownCell(
        number,
        str(told.get("cell_type")),
        str(told.get("source", "")),
        count if type(count) is int else None,
        tuple(
            shown
            for each in (outputs if isinstance(outputs, list) else ())
            for shown in _outputs(each)
        ),
    )


def _outputs(told: Mapping[str, Any]) -> Iterator[ShownOutput]:
    kind = told.get("output_type")
    if kind == "stream":
        yield _text(Form.TEXT, str(told.get("text", "")))
    elif kind == "error":
        lines = told.get("traceback")
        listed = lines if isinstance(lines, list) else []
        yield _text(Form.ERROR, "\n".join(str(line) for line in listed))
    elif isinstance(data := told.get("data"), dict):
        image = next(_images(data), None)
        if image is not None:
            yield image
        else:
            has_more = any(mark in data for mark in NOT_SHOWN)
            yield _text(Form.TEXT, str(data.get("text/plain", "")), has_more=has_more)


def _text(form: Form, text: str, *, has_more: bool = False) -> ShownOutput:
    return ShownOutput(form, text[:MOST_TEXT], len(text) > MOST_TEXT, has_more)


def _images(data: Mapping[str, Any]) -> Iterator[ShownOutput]:
    for mark, magic in IMAGES.items():
        try:
            content = base64.b64decode(str(data.get(mark, "")), validate=True)
        except (binascii.Error, ValueError):
            continue
        if content.startswith(magic):
            plain = base64.b64encode(content).decode()
            yield ShownOutput(Form.IMAGE, f"data:{mark};base64,{plain}")
