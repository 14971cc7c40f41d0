"""Search, and its two browsing forms: one view, which works without scripts.

With scripts, htmx asks for the same page while one types and takes `#found` out of it.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.catalog.api.asked import Asked, asked_of
from marketplace.catalog.models import Kind
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.facets import Facets, facets_for, matches_of
from marketplace.catalog.queries.few import narrowed
from marketplace.catalog.queries.listings import MOST_ORDERED, ListedPage, listed_for
from marketplace.catalog.queries.spelling import corrected
from marketplace.community.models import Place
from marketplace.community.queries.searches import kept_query
from marketplace.front.finding import elsewhere
from marketplace.front.web.caching import kept_for_strangers
from marketplace.front.web.narrowing import (
    PLACES,
    Choice,
    address,
    cleared,
    groups,
    kept,
    price_chip,
    price_form,
    sorts,
    tabs,
)

TITLES = {None: _("Search"), Kind.DATASET: _("Datasets"), Kind.MODEL: _("Models")}
MOST_EASED = 5  # filters that are tried without, each with a query
SAVED_AS = {
    None: Place.EVERYTHING,
    Kind.DATASET: Place.DATASETS,
    Kind.MODEL: Place.MODELS,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found; `instead` are words put right, where the typed found none."""

    page: ListedPage
    facets: Facets
    instead: str = ""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    return _page(request, place=None)


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    return _page(request, place=Kind.DATASET)


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return _page(request, place=Kind.MODEL)


def _page(request: HttpRequest, *, place: Kind | None) -> HttpResponse:
    asked = asked_of(request.GET, kind=place)
    found = _found(request.user, asked)
    query = request.GET.copy()
    query.pop("cursor", None)
    path = PLACES[place]
    if found.instead:
        query["q"] = found.instead  # narrowed down further, it is those words
    facet_groups = groups(found.facets, query, path)
    chips = [choice for each in facet_groups for choice in each.choices if choice.is_on]
    next_cursor, count = found.page.next_cursor, found.facets.count
    chosen = [*price_chip(asked.wanted, query, path), *chips]
    context: dict[str, Any] = {
        "title": TITLES[place],
        "has_kinds": asked.wanted.kind is None,
        "section": f"{place.lower()}s" if place else "search",
        "search_action": path,
        "query": asked.wanted.text,
        "instead": found.instead,
        "kept": kept(query, without=["q"]),
        "tabs": tabs(query, here=path),
        "sorts": sorts(asked, query, path),
        "groups": facet_groups,
        "price_form": price_form(asked.wanted, query),
        "chosen": chosen,
        "eased": [] if count else _eased(request.user, chosen, place),
        "clear_url": cleared(path, query),
        "cards": [json.loads(row) for row in found.page.rows],
        "count": count,
        "is_capped": count >= found.facets.count_cap,
        "most_counted": found.facets.count_cap,
        "most_ordered": _bound(asked, count),
        "next_url": next_cursor and address(path, query, cursor=next_cursor),
        "here": request.get_full_path(),
        "save_place": SAVED_AS[place],
        "save_query": kept_query(query, place=SAVED_AS[place]),
    }
    if asked.wanted.text and place is None and not asked.cursor:
        context["elsewhere"] = elsewhere(
            request.user, found.instead or asked.wanted.text
        )
    return kept_for_strangers(request, render(request, "front/search.html", context))


def _eased(
    user: AnyUser, chosen: list[Choice], place: Kind | None
) -> list[tuple[Choice, int]]:
    """Return the filters that, taken away alone, leave something, and how much."""
    found = []
    for choice in chosen[:MOST_EASED]:
        query = QueryDict(choice.url.partition("?")[2])
        wanted = asked_of(query, kind=place).wanted
        if count := matches_of(user, wanted=wanted):
            found.append((choice, count))
    return found


def _found(user: AnyUser, asked: Asked) -> Found:
    """Return what is found; if no word matches, what they were probably meant to be."""
    asked = replace(asked, wanted=narrowed(asked.wanted))
    found = Found(_listed(user, asked), facets_for(user, wanted=asked.wanted))
    if found.facets.count or not asked.wanted.text or asked.cursor:
        return found
    better = corrected(asked.wanted.text)
    if better is None:
        return found
    put_right = replace(asked.wanted, text=better, among=None)
    meant = replace(asked, wanted=narrowed(put_right))
    page = _listed(user, meant)
    if not page.rows:
        return found
    return Found(page, facets_for(user, wanted=meant.wanted), better)


def _listed(user: AnyUser, asked: Asked) -> ListedPage:
    return listed_for(
        user,
        wanted=asked.wanted,
        sort=asked.sort,
        cursor=asked.cursor,
        size=asked.size,
    )


def _bound(asked: Asked, count: int) -> int | None:
    """Return how many of the matches are in the order asked for, if not all are."""
    most = MOST_ORDERED.get(asked.sort)
    return most if most and count > most else None
