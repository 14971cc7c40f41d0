"""A board as a page and as files: the first thing that people look at."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from marketplace.kit.keyset import Order, page_of
from marketplace.kit.spreadsheets import as_file
from marketplace.kit.templatetags.stoa import score
from training.contests import services
from training.contests.columns import (
    LATENCY,
    MEMORY,
    bounds,
    cells,
    ranked_by,
    ranking_of,
    shown_columns,
)
from training.contests.exports import BoardExport, ExportFormat
from training.contests.models import BoardRow, EditionRow
from training.contests.permissions import may_host
from training.contests.queries import board_of
from training.contests.references import references_of
from training.contests.subgroups import has_enough
from training.contests.visits import board_at_sites
from training.leaderboards.columns import BoardColumn, Source
from training.web.contests import about, contest_of

BY_PLACE = Order(("place", "id"))
BOARD_PAGE = 50
NOTHING = "–"
KINDS = [each.value for each in ExportFormat]


@require_safe
def leaderboard(request: HttpRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug, related=("namespace", "purse"))
    told = about(request, contest)
    if contest.hides_board(timezone.now()) and not told["is_host"]:
        return render(request, "training/board_hidden.html", told)
    own = None
    if request.user.is_authenticated:
        mine = board_of(contest, is_host=True).filter(
            entrant__members__user=request.user.pk
        )
        own = mine.first()
    columns = shown_columns(contest, is_host=told["is_host"])
    part = _board_part(
        contest.pk,
        contest.board_version,
        request.GET.get("cursor", ""),
        None if own is None else own.pk,
        columns,
        get_language(),
    )
    by_site = []
    if contest.is_federated:
        first = page_of(
            board_of(contest),
            order=BY_PLACE,
            cursor=request.GET.get("cursor", ""),
            size=BOARD_PAGE,
        )
        by_site = board_at_sites(contest, first.rows)
    context = {
        **told,
        "sites": services.sites_told(contest) if by_site else (),
        "rows": by_site,
        "part": part,
        "own": own,
        "ranked_by": ranked_by(contest),
        "columns": columns,
        "about_subgroups": any(each.source is Source.SUBGROUP for each in columns),
        "is_enough": has_enough(contest),
        "references": references_of(contest),
        "ranking": ranking_of(contest),
        "next_url": _next_url(request, part.next_cursor),
    }
    return render(request, "training/leaderboard.html", context)


@dataclass(frozen=True, slots=True)
class BoardPart:
    """The rows of one page of a board as HTML, and where the next begins."""

    html: str
    count: int
    next_cursor: str | None


@lru_cache(64)  # of some 60 kB; what did not change is not drawn again
def _board_part(
    contest_id: uuid.UUID,
    board_version: int,
    cursor: str,
    own_pk: int | None,
    columns: tuple[BoardColumn, ...],
    language: str,
) -> BoardPart:
    """Draw a page of a board.

    Args:
        contest_id: whose.
        board_version: counts the changes of the board, so that none is missed.
        cursor: where the page begins.
        own_pk: the row of who asks, which stands first where the page lacks it.
        columns: what is shown beside the score.
        language: of the reader, as Django knows it.
    """
    del board_version, language
    board = BoardRow.objects.filter(contest=contest_id)
    page = page_of(board, order=BY_PLACE, cursor=cursor, size=BOARD_PAGE)
    rows = list(page.rows)
    if own_pk is not None and all(row.pk != own_pk for row in rows):
        rows = [*board.filter(pk=own_pk), *rows]
    context = {
        "rows": [(row, row.pk == own_pk, texts_of(row, columns)) for row in rows],
        "scale": _scale(page.rows),
    }
    html = render_to_string("training/_board_rows.html", context)
    return BoardPart(mark_safe(html), len(page.rows), page.next_cursor)  # noqa: S308  a template made it


def texts_of(row: BoardRow | EditionRow, columns: Sequence[BoardColumn]) -> list[str]:
    """Print what a row shows in some columns, in their order."""
    return texts_in(vars(row), columns)


def texts_in(row: Mapping[str, Any], columns: Sequence[BoardColumn]) -> list[str]:
    """Print what the fields of a row show in some columns, in their order."""
    ends = bounds(row, columns)
    return [
        _text(number, column, ends.get(column.key))
        for number, column in zip(cells(row, columns), columns, strict=True)
    ]


def _text(
    number: float | None, column: BoardColumn, ends: tuple[float, float] | None
) -> str:
    """Print a number as its column says, with the unit where one is known.

    What is told of subgroups has its interval beside it: a gap is read by that.
    """
    if number is not None and ends and column.source is Source.SUBGROUP:
        low, high = (_text(end, column, None) for end in ends)
        return f"{_text(number, column, None)} ({low} to {high})"
    if number is None:
        return NOTHING
    if column.measure == MEMORY and column.decimals is None:
        return filesizeformat(number)
    plain = (
        score(number) if column.decimals is None else f"{number:,.{column.decimals}f}"
    )
    return f"{plain} ms" if column.measure == LATENCY else plain


def _next_url(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode()}"


def _scale(rows: list[BoardRow]) -> tuple[float, float]:
    """Return the ends of the scale on which the intervals of one page are drawn."""
    if not rows:
        return 0.0, 1.0
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    room = (high - low) * 0.05 or max(abs(high), 1.0) * 0.05
    return low - room, high + room


@require_safe
def leaderboard_file(
    request: HttpRequest, slug: str, kind: str
) -> StreamingHttpResponse:
    """Give the whole board as a file, with the columns that who asks may see."""
    contest = contest_of(request, slug)
    export = BoardExport(contest, is_host=may_host(request.user, contest))
    return StreamingHttpResponse(
        export.parts(ExportFormat(kind)),
        content_type=ExportFormat(kind).content_type,
        headers=as_file(f"{contest.slug}-board.{kind}"),
    )
