"""What became of a board, as pages: its editions, and the shake-up at the end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.kit.keyset import Order, next_url, page_of
from training.contests.models import EditionKind
from training.contests.queries import edition_of, rows_of
from training.web.contests import BOARD_PAGE, about, contest_of

BY_PLACE = Order(("place", "id"))


@require_safe
def edition_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = contest_of(request, slug)
    context = {
        **about(request, contest),
        "editions": list(contest.editions.order_by("-number")),
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
    context = {
        **about(request, contest),
        "edition": edition,
        "is_final": edition.kind == EditionKind.PRIVATE,
        "rows": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "training/edition_detail.html", context)
