"""A notebook as a document: read in format 3 or 4, written in 4.5 with its answers.

Parameters go into a cell of their own, after the one tagged `parameters` if there is one,
else before all, as papermill does it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from training.runner.inside.notebooks import Cell, code_of, text_of

GIVEN, INJECTED = "parameters", "injected-parameters"
TOLERATED = "raises-exception"
KINDS = ("code", "markdown", "raw")
DEEPEST_HEADING = 6
OUTPUTS: dict[
    str, dict[str, type]
] = {  # what an output of each kind has, and of which type
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
}
Document = dict[str, Any]


def document_of(listed: list[Any], parameters: Mapping[str, Any]) -> Document:
    """Return a notebook without answers, with its parameters in it.

    Args:
        listed: the cells as `notebooks.cells_in` gives them.
        parameters: what JSON can hold, by names of Python.
    """
    cells = [
        _cell(number, cell)
        for number, cell in enumerate(listed, 1)
        if isinstance(cell, dict) and INJECTED not in tags_of(cell)
    ]
    if parameters:
        tagged = (at for at, cell in enumerate(cells, 1) if GIVEN in tags_of(cell))
        cells.insert(next(tagged, 0), _injected(parameters))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def code_in(document: Document) -> list[Cell]:
    """Return the code of a document.

    Raises:
        Refusal: there is none, or it cannot be read as Python.
    """
    return code_of(document["cells"])


def tags_of(cell: Mapping[str, Any]) -> list[Any]:
    told = cell.get("metadata")
    tags = told.get("tags") if isinstance(told, dict) else None
    return tags if isinstance(tags, list) else []


def answered(document: Document, lines: Iterable[bytes]) -> bytes:
    """Return the document with what its cells answered, as JSON.

    Args:
        document: of `document_of`.
        lines: JSON of `[number, count, outputs]`, as `run_notebook` writes them. The
            notebook could have written them too, so what is no output is left out.
    """
    cells = document["cells"]
    for line in lines:
        try:
            number, count, outputs = json.loads(line)
            cell = cells[number - 1] if number > 0 else {}
            kept = [one for one in outputs if _is_output(one)]
        except (ValueError, TypeError, IndexError, RecursionError):
            continue
        if cell.get("cell_type") == "code" and type(count) is int:
            cell["execution_count"], cell["outputs"] = count, kept
    return json.dumps(document, indent=1, ensure_ascii=False).encode(
        errors="surrogatepass"
    )


def _is_output(told: Any) -> bool:
    if not isinstance(told, dict):
        return False
    wanted = OUTPUTS.get(str(told.get("output_type")))
    if wanted is None or told.keys() != {"output_type", *wanted}:
        return False
    return all(isinstance(told[name], kind) for name, kind in wanted.items())


def _cell(number: int, cell: Mapping[str, Any]) -> dict[str, Any]:
    kind, source = str(cell.get("cell_type")), text_of(dict(cell))
    if kind == "heading":  # of format 3
        level = cell.get("level")
        depth = min(level, DEEPEST_HEADING) if type(level) is int and level > 0 else 1
        kind, source = "markdown", f"{'#' * depth} {source}"
    made: dict[str, Any] = {
        "cell_type": kind if kind in KINDS else "raw",
        "id": f"cell-{number}",
        "metadata": {"tags": [str(tag) for tag in tags_of(cell)]},
        "source": source,
    }
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    if kind == "markdown" and isinstance(cell.get("attachments"), dict):
        made["attachments"] = cell["attachments"]
    return made


def _injected(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cell that sets parameters; a value of JSON is one of Python by repr."""
    lines = [f"{name} = {value!r}" for name, value in parameters.items()]
    return {
        "cell_type": "code",
        "id": "parameters",
        "metadata": {"tags": [INJECTED]},
        "source": "\n".join(["# Parameters of this run", *lines]),
        "execution_count": None,
        "outputs": [],
    }
