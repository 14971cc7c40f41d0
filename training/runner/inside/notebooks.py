"""Reads a notebook as the Python it holds: its code cells, in order.

A notebook is JSON, and nothing of it runs here. A kernel would need sockets, which no job
may open; see decisions/0002-notebooks-run-as-their-cells.md.
"""

import json
from dataclasses import dataclass
from typing import Any

from training.runner.inside.refusal import Refusal

STAGE = "UNPACK"
MOST_CELLS = 2_000
KEPT_CELL_MAGICS = ("%%time", "%%timeit", "%%capture")  # the cell runs without them
MAGIC = ("%", "!")
PYTHON = ("", "python", "python3", "ipython")


@dataclass(frozen=True, slots=True)
class Cell:
    """The code of one cell, and its number among all cells as people count them."""

    number: int
    source: str
    left_out: tuple[str, ...]


def cells_of(data: bytes) -> list[Cell]:
    """Return the code of a notebook of format 3 or 4, cell by cell.

    Lines that only a notebook understands, such as `%matplotlib inline`, are left out.

    Raises:
        Refusal: it is no notebook of Python, or a cell cannot be read as Python.
    """
    return code_of(cells_in(data))


def cells_in(data: bytes) -> list[Any]:
    """Return all cells of a notebook of Python as its JSON has them.

    Raises:
        Refusal: it is no notebook, or one of another language.
    """
    try:
        notebook: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as broken:
        raise _refusal("unreadable_notebook", "It is not JSON in UTF-8.") from broken
    listed = _listed(notebook)
    if len(listed) > MOST_CELLS:
        raise _refusal("unreadable_notebook", f"It has more than {MOST_CELLS:,} cells.")
    _require_python(notebook)
    return listed


def code_of(listed: list[Any]) -> list[Cell]:
    """Return what is code among the cells.

    Raises:
        Refusal: there is none, or it cannot be read as Python.
    """
    found = []
    for number, cell in enumerate(listed, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            made = _cell(number, text_of(cell))
            if made.source.strip() or made.left_out:
                found.append(made)
    if not any(cell.source.strip() for cell in found):
        raise _refusal("unreadable_notebook", "It has no cell with code.")
    return found


def _listed(notebook: Any) -> list[Any]:
    """Return the cells, which format 3 kept in worksheets."""
    if isinstance(notebook, dict):
        cells = notebook.get("cells")
        if cells is None and isinstance(notebook.get("worksheets"), list):
            cells = [
                cell
                for sheet in notebook["worksheets"]
                if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
                for cell in sheet["cells"]
            ]
        if isinstance(cells, list):
            return cells
    raise _refusal("unreadable_notebook", "It has no list of cells.")


def _require_python(notebook: dict[str, Any]) -> None:
    told = notebook.get("metadata")
    spec = told.get("kernelspec") if isinstance(told, dict) else None
    info = told.get("language_info") if isinstance(told, dict) else None
    for part, key in ((spec, "language"), (info, "name")):
        said = part.get(key, "") if isinstance(part, dict) else ""
        if str(said).casefold() not in PYTHON:
            raise _refusal(
                "wrong_language", f"It is written in {str(said)[:40]}, not in Python."
            )


def text_of(cell: dict[str, Any]) -> str:
    """Return what a cell holds, which may be told as a list of lines."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return str(source)


def _cell(number: int, text: str) -> Cell:
    """Leave out the lines at which a cell stops being Python, if they are magics."""
    lines, left_out = text.splitlines(), []
    _require_own_magic(number, lines)
    while (fault := _fault_of("\n".join(lines), number)) is not None:
        at = fault.lineno or 0
        line = lines[at - 1] if 1 <= at <= len(lines) else ""
        bare = line.strip()
        if not bare.startswith(MAGIC):
            raise _refusal(
                "unreadable_notebook",
                f"Cell {number}, line {at} is not Python: {str(fault)[:200]}.",
            )
        left_out.append(f"cell {number}, line {at}: {bare[:80]}")
        lines[at - 1] = line[: len(line) - len(line.lstrip())] + "pass"
    return Cell(number, "\n".join(lines) + "\n", tuple(left_out))


def _require_own_magic(number: int, lines: list[str]) -> None:
    first = lines[0].strip().partition(" ")[0] if lines else ""
    if first.startswith("%%") and first not in KEPT_CELL_MAGICS:
        raise _refusal(
            "unsupported_magic",
            f"Cell {number} begins with {first[:40]}, which only a notebook "
            "understands. Write it in Python.",
        )


def _fault_of(source: str, number: int) -> SyntaxError | None:
    try:
        compile(source, f"<cell {number}>", "exec", dont_inherit=True)
    except SyntaxError as broken:
        return broken
    except (ValueError, RecursionError, MemoryError) as broken:
        return SyntaxError(str(broken))
    return None


def _refusal(code: str, problem: str) -> Refusal:
    message = f"The notebook cannot be run. {problem}"
    return Refusal(code, message, STAGE)
