"""What a person hands in to run: told apart and judged as far as nothing of it runs.

A worker reads it whole, within the walls, and says which cell or line is wrong.
"""

import ast
import json
import keyword
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.notebooks.models import SourceKind

MOST_SOURCE_BYTES = 10 * 2**20
MOST_PARAMETERS, MOST_PARAMETERS_BYTES = 50, 16 * 1024
TAG = "parameters"  # of a cell, as papermill has it
NOTEBOOK_ENDING, SCRIPT_ENDING = ".ipynb", ".py"
ZIP, BEGINS_JSON = b"PK\x03\x04", b"{"
TYPES = {  # of JSON, as people call them
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def kind_of(source: bytes, *, filename: str = "") -> SourceKind:
    """Say what a source is, by its name if it has one, else by how it begins.

    Raises:
        Malformed: it is neither a notebook nor a script; the message says what to do.
    """
    if not source.strip():
        raise Malformed(
            gettext("source: it is empty. Choose a notebook or a Python script.")
        )
    if len(source) > MOST_SOURCE_BYTES:
        raise Malformed(
            gettext(
                "source: it has %(value)s MiB; %(value_2)s MiB is the most. Clear "
                "the notebook’s outputs, and put data into a dataset."
            )
            % {
                "value": f"{len(source) / 2**20:.1f}",
                "value_2": MOST_SOURCE_BYTES >> 20,
            }
        )
    if source.startswith(ZIP):
        raise Malformed(
            gettext(
                "source: it is a ZIP. Hand in the .ipynb or the .py alone; what it needs "
                "besides belongs into a dataset that the job reads."
            )
        )
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Malformed(
            gettext("source: it is no text in UTF-8. Save it as UTF-8.")
        ) from broken
    if "\0" in text:
        raise Malformed(gettext("source: it holds bytes that no text has."))
    ending = filename.casefold().rpartition(".")[2]
    is_named = {f".{ending}"} & {NOTEBOOK_ENDING, SCRIPT_ENDING}
    if filename and not is_named:
        raise Malformed(gettext("source: choose a file that ends in .ipynb or .py."))
    begins_json = source.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(BEGINS_JSON)
    if f".{ending}" == SCRIPT_ENDING or not (filename or begins_json):
        return SourceKind.SCRIPT
    _require_notebook(text)
    return SourceKind.NOTEBOOK


def _require_notebook(text: str) -> None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise Malformed(
            gettext(
                "source: it is no notebook: it cannot be read as JSON. Save it in Jupyter "
                "again and upload that."
            )
        ) from broken
    cells = (
        told.get("cells", told.get("worksheets")) if isinstance(told, dict) else None
    )
    if not isinstance(cells, list):
        raise Malformed(
            gettext("source: it is JSON, and no notebook: it has no cells.")
        )


def tagged_parameters(source: bytes) -> dict[str, Any]:
    """Return the plain values that a notebook's cell tagged `parameters` gives names.

    What is worked out there, or is no value that a job could be given, stays with the cell.
    """
    found: dict[str, Any] = {}
    for line in _tagged(source).body:
        if isinstance(line, ast.Assign) and len(line.targets) == 1:
            target, value = line.targets[0], line.value
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            target, value = line.target, line.value
        else:
            continue
        if isinstance(target, ast.Name):
            with suppress(ValueError, TypeError, RecursionError, Malformed):
                given = {target.id: ast.literal_eval(value)}
                found |= checked_parameters(json.loads(json.dumps(given)))
    return dict(list(found.items())[:MOST_PARAMETERS])


def _tagged(source: bytes) -> ast.Module:
    """Return the program of the first cell tagged `parameters`; nothing without one."""
    with suppress(ValueError, RecursionError, SyntaxError, TypeError, AttributeError):
        for cell in json.loads(source.decode("utf-8-sig")).get("cells", []):
            if TAG in cell.get("metadata", {}).get("tags", []):
                return ast.parse("".join(cell.get("source", "")))
    return ast.Module(body=[], type_ignores=[])


def checked_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by names that Python and a command line can have.

    Raises:
        Malformed: a name or a value cannot be; the message names it.
    """
    if len(given) > MOST_PARAMETERS:
        raise Malformed(
            gettext("parameters: %(most_parameters)s are the most.")
            % {"most_parameters": MOST_PARAMETERS}
        )
    for name, value in given.items():
        if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
            raise Malformed(
                gettext(
                    "parameters: %(name)s is no name; use letters, digits and "
                    "underscores, not beginning with a digit."
                )
                % {"name": f"{name[:50]!r}"}
            )
        if not _is_plain(value):
            raise Malformed(
                gettext("parameters: give %(name)s a text or number that JSON has.")
                % {"name": name}
            )
    try:
        size = len(json.dumps(dict(given)))
    except RecursionError as deep:
        raise Malformed(gettext("parameters: they are nested too deeply.")) from deep
    if size > MOST_PARAMETERS_BYTES:
        raise Malformed(
            gettext("parameters: they are too long; put them into a dataset.")
        )
    return dict(given)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, float) or math.isfinite(value)


def merged(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job's parameters with some given anew.

    Raises:
        Malformed: one is not the job's, or of another type than its default.
    """
    for name, value in checked_parameters(given).items():
        if name not in defaults:
            listed = ", ".join(defaults) or "none"
            raise Malformed(
                gettext("parameters: the job has no %(name)s; it has %(listed)s.")
                % {"name": name, "listed": listed}
            )
        wanted = type(defaults[name])
        is_number = wanted is float and type(value) is int
        if wanted in TYPES and type(value) is not wanted and not is_number:
            raise Malformed(
                gettext("parameters: give %(name)s %(types)s.")
                % {"name": name, "types": TYPES[wanted]}
            )
    return {**defaults, **given}
