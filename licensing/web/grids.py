"""The plain grid of a licence or an offer, in words for pages."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from licensing.book import book_for
from licensing.conditions import Conditions
from licensing.plain_grid import OBJECTS, Cell, grid_of, narrowed

LABELS = {
    "use": _("Use it"),
    "study": _("Study and measure it"),
    "change": _("Change it for yourself"),
    "distribute": _("Give it to others"),
}


@dataclass(frozen=True, slots=True)
class GridRow:
    label: str
    cells: list[Cell]


def rows_of(
    licence_id: str | None, conditions: Conditions | None = None
) -> list[GridRow]:
    """Return a licence's grid: a row a use, a cell for each of `OBJECTS`.

    With the conditions of an offer, it is the offer's.
    """
    grid = grid_of(licence_id or "", book=book_for([licence_id or ""]))
    if grid is None:
        return []
    if conditions is not None:
        grid = narrowed(grid, conditions)
    return [
        GridRow(str(label), [grid.cells[use][what] for what in OBJECTS])
        for use, label in LABELS.items()
    ]
