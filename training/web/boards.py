"""A board as pages beside its own: charts, its editions, the shake-up at the end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.kit.keyset import next_url, page_of
from training.contests.columns import columns_of_edition, ranked_by
from training.contests.models import BoardRow, EditionKind
from training.contests.queries import board_of, edition_of, rows_of
from training.web.charts import Scored, over_time, pareto
from training.web.contests import about, contest_of
from training.web.leaderboards import BOARD_PAGE, BY_PLACE, texts_of

MOST = 500
LATENCY = "latency_ms_per_row"
COSTS = {
    LATENCY: _("Milliseconds a row"),
    "peak_memory_bytes": _("Peak memory in bytes"),
    "ece": _("Calibration error"),
}


@require_safe
def board_charts(request: HttpRequest, slug: str) -> HttpResponse:
    """Draw the first of a board over time, and against what their models cost."""
    contest = contest_of(request, slug)
    first = list(
        board_of(contest).filter(is_disqualified=False).order_by("place")[:MOST]
    )
    asked = request.GET.get("cost", "")
    cost = asked if asked in COSTS else LATENCY
    context = {
        **about(request, contest),
        "over_time": over_time([_scored(row, _reached(row)) for row in first]),
        "pareto": pareto(
            [
                _scored(row, float(getattr(row, cost)))
                for row in first
                if getattr(row, cost) is not None
            ]
        ),
        "cost": cost,
        "costs": COSTS.items(),
        "cost_name": COSTS[cost],
        "most": MOST,
    }
    return render(request, "training/board_charts.html", context)


def _scored(row: BoardRow, across: float) -> Scored:
    return Scored(row.name, row.score, row.merit, across)


def _reached(row: BoardRow) -> float:
    return row.reached_at.timestamp()


@require_safe
def edition_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    context = {
        **about(request, contest),
        "editions": list(contest.editions.select_related("phase").order_by("-number")),
    }
    return render(request, "training/edition_list.html", context)


@require_safe
def edition_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    contest = contest_of(request, slug)
    edition = edition_of(contest, number)
    page = page_of(
        rows_of(edition),
        order=BY_PLACE,
        cursor=request.GET.get("cursor", ""),
        size=BOARD_PAGE,
    )
    told = about(request, contest)
    columns = columns_of_edition(edition, is_host=told["is_host"])
    context = {
        **told,
        "edition": edition,
        "ranked_by": ranked_by(contest),
        "columns": columns,
        "is_final": edition.kind == EditionKind.PRIVATE,
        "rows": [(row, texts_of(row, columns)) for row in page.rows],
        "next_url": next_url(request, page),
    }
    return render(request, "training/edition_detail.html", context)
