"""The start page: what this is, what is new, what can be entered."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries.wanted import Sort, Wanted
from marketplace.front import queries
from marketplace.front.web.caching import kept_for_strangers

SHOWN = 3
CONTESTS = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "is_home": True,
        "popular": [one for one in _first(sort=Sort.DOWNLOADS) if one["downloads"]],
        "datasets": _first(kind=Kind.DATASET),
        "models": _first(kind=Kind.MODEL),
        "contests": queries.open_contests(at=timezone.now(), count=CONTESTS),
        "counters": queries.counters(),
    }
    return kept_for_strangers(request, render(request, "front/home.html", context))


def _first(
    *, kind: Kind | None = None, sort: Sort = Sort.NEWEST
) -> list[dict[str, Any]]:
    wanted = Wanted(kind=kind, visibility=Visibility.PUBLIC)
    return queries.cards(AnonymousUser(), wanted=wanted, sort=sort, count=SHOWN)
