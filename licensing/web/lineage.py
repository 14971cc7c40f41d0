"""The page that draws what a work was made from and what was made of it."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from licensing import queries
from licensing.models import Work
from licensing.permissions import ACTING, parties_of
from licensing.queries import Lineage
from licensing.queries.finding import find_work

WIDTH, HEIGHT = 190, 44  # of a box, in pixels
ACROSS, DOWN = 60, 16  # between boxes
LONGEST_TITLE, LONGEST_NOTE = 24, 28


@dataclass(frozen=True, slots=True)
class Box:
    """A work where it is drawn."""

    work: Work
    x: int
    y: int
    title: str
    note: str
    is_self: bool
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in columns from the sources rightwards, and lines as paths of SVG."""

    boxes: list[Box]
    lines: list[str]
    width: int
    height: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


@require_safe
def lineage_page(request: HttpRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    lineage = queries.lineage_of(work, user=request.user)
    mine = parties_of(request.user, roles=ACTING)
    context = {
        "work": work,
        "lineage": lineage,
        "recalled": {pk for pk, is_own in lineage.reached.items() if is_own},
        "flags": queries.flags_on(work, user=request.user),
        "drawing": drawn(lineage) if lineage.edges else None,
        "owns": mine.filter(pk=work.owner_id).exists(),
    }
    return render(request, "licensing/lineage.html", context)


def drawn(lineage: Lineage) -> Drawing:
    """Lay a lineage out: a column a level, the columns centred on the tallest."""
    tallest = max(map(len, lineage.levels))
    height = tallest * (HEIGHT + DOWN) - DOWN
    boxes: dict[UUID, Box] = {}
    for column, works in enumerate(lineage.levels):
        top = (height - (len(works) * (HEIGHT + DOWN) - DOWN)) // 2
        for row, work in enumerate(works):
            boxes[work.pk] = Box(
                work=work,
                x=column * (WIDTH + ACROSS),
                y=top + row * (HEIGHT + DOWN),
                title=_short(work.title, LONGEST_TITLE),
                note=_note(work, lineage),
                is_self=work.pk == lineage.work.pk,
                is_reached=work.pk in lineage.reached,
            )
    return Drawing(
        boxes=list(boxes.values()),
        lines=[
            _line(boxes[edge.source_id], boxes[edge.work_id]) for edge in lineage.edges
        ],
        width=len(lineage.levels) * (WIDTH + ACROSS) - ACROSS,
        height=height,
    )


def _line(source: Box, made: Box) -> str:
    start, end = source.x + WIDTH, made.x
    from_y, to_y = source.y + HEIGHT // 2, made.y + HEIGHT // 2
    half = (start + end) // 2
    return f"M{start} {from_y}C{half} {from_y} {half} {to_y} {end} {to_y}"


def _note(work: Work, lineage: Lineage) -> str:
    """Return the second line of a box: that a recall reaches it, or its licence."""
    is_recalled = lineage.reached.get(work.pk)
    if is_recalled is not None:
        return "Recalled" if is_recalled else "A source is recalled"
    return _short(work.licence_id or "no open licence", LONGEST_NOTE)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
