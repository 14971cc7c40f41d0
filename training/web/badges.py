"""A board as a badge for README files: small, drawn here, kept by caches."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from training.contests.columns import ranked_by
from training.contests.models import Contest, Visibility
from training.contests.queries import board_of
from training.web.contests import contest_of

FRESH_SECONDS = 300
MOST_LETTERS = 40
LETTER, MARGIN = 6.6, 12  # widths at 11 px of a sans-serif, a little wide


@require_safe
def contest_badge(request: HttpRequest, slug: str) -> HttpResponse:
    """Draw who leads, or where `?entrant=` stands."""
    contest = contest_of(request, slug)
    asked = request.GET.get("entrant", "")
    etag = _etag(contest, asked)
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    left, right = contest.title[:MOST_LETTERS], _standing(contest, asked)
    widths = [round(LETTER * len(each) + MARGIN) for each in (left, right)]
    drawn = render_to_string(
        "training/badge.svg",
        {
            "left": left,
            "right": right,
            "left_width": widths[0],
            "right_width": widths[1],
            "width": sum(widths),
            "left_middle": widths[0] / 2,
            "right_middle": widths[0] + widths[1] / 2,
        },
    )
    answer = HttpResponse(drawn, content_type="image/svg+xml", headers={"ETag": etag})
    is_public = contest.visibility == Visibility.PUBLIC
    whose = {"public": True} if is_public else {"private": True}
    patch_cache_control(answer, max_age=FRESH_SECONDS, **whose)
    return answer


def _standing(contest: Contest, name: str) -> str:
    rows = board_of(contest).filter(rank__isnull=False, is_disqualified=False)
    row = (rows.filter(name=name) if name else rows).order_by("place").first()
    if row is None:
        return "not ranked" if name else "nobody yet"
    best, worst = row.best_rank, row.worst_rank
    rank = f"#{row.rank}" if best == worst else f"#{best}–{worst}"
    who, first = row.name[:MOST_LETTERS], ranked_by(contest)
    if row.mean_rank is not None:
        return gettext("%(rank)s %(who)s, mean rank %(mean_rank)s") % {
            "rank": rank,
            "who": who,
            "mean_rank": f"{row.mean_rank:.4g}",
        }
    return f"{rank} {who}, {first.title[:MOST_LETTERS]} {row.score:.4g}"


def _etag(contest: Contest, asked: str) -> str:
    hidden = contest.hides_board(timezone.now())
    seen = f"{contest.pk} {contest.board_version} {hidden} {contest.title} {asked}"
    return f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'
