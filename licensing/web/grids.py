"""The plain grid of a licence, in words for pages."""

from dataclasses import dataclass

from licensing.terms import OBJECTS, Cell, grid_of

LABELS = {
    "use": "Use it",
    "study": "Study and measure it",
    "change": "Change it for yourself",
    "distribute": "Give it to others",
}


@dataclass(frozen=True, slots=True)
class GridRow:
    label: str
    cells: list[Cell]


def rows_of(licence_id: str | None) -> list[GridRow]:
    """Return a licence's grid: a row a use; the work, an adaptation, a model of it."""
    grid = grid_of(licence_id or "")
    if grid is None:
        return []
    return [
        GridRow(label, [grid.cells[use][what] for what in OBJECTS])
        for use, label in LABELS.items()
    ]
