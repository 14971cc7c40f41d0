"""Search, and its two browsing forms: one view, which works without scripts.

With scripts, htmx asks for the same page while one types and takes `#found` out of it.
"""

import json
from dataclasses import dataclass

from django.conf.locale import LANG_INFO
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.catalog.api.asked import SORTS, Asked, asked_of
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.facets import Facets, facets_for
from marketplace.catalog.queries.listings import listed_for
from marketplace.front.web.caching import kept_for_strangers

PLACES = {None: "/search", Kind.DATASET: "/datasets", Kind.MODEL: "/models"}
TITLES = {None: "Search", Kind.DATASET: "Datasets", Kind.MODEL: "Models"}
TABS = {None: "Everything", Kind.DATASET: "Datasets", Kind.MODEL: "Models"}
SORT_LABELS = {
    "relevance": "Best match",
    "newest": "Newest",
    "downloads": "Most downloaded",
    "likes": "Most liked",
}
FACETS = {
    "task": "Task",
    "modality": "Modality",
    "price": "Price",
    "licence": "Licence",
    "language": "Language",
    "tag": "Tag",
    "owner": "Owner",
}
SINGLE = frozenset({"price", "licence", "owner"})
PRICE_LABELS = {"free": "Free", "paid": "Paid"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes what is looked for; `is_on` if it is in force now."""

    label: str
    url: str
    is_on: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class FacetGroup:
    name: str
    label: str
    choices: list[Choice]


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
    found = listed_for(
        request.user,
        wanted=asked.wanted,
        sort=asked.sort,
        cursor=asked.cursor,
        size=asked.size,
    )
    facets = facets_for(request.user, wanted=asked.wanted)
    query = request.GET.copy()
    query.pop("cursor", None)
    path = PLACES[place]
    groups = _groups(facets, query, path)
    context = {
        "title": TITLES[place],
        "has_kinds": asked.wanted.kind is None,
        "section": f"{place.lower()}s" if place else "search",
        "search_action": path,
        "query": asked.wanted.text,
        "kept": _kept(query),
        "tabs": _tabs(asked, query),
        "sorts": _sorts(asked, query, path),
        "groups": groups,
        "chosen": [
            choice for group in groups for choice in group.choices if choice.is_on
        ],
        "clear_url": _url(path, query, **dict.fromkeys(FACETS)),
        "cards": [json.loads(row) for row in found.rows],
        "count": facets.count,
        "is_capped": facets.count >= facets.count_cap,
        "next_url": found.next_cursor and _url(path, query, cursor=found.next_cursor),
    }
    return kept_for_strangers(request, render(request, "front/search.html", context))


def _url(path: str, query: QueryDict, **changes: str | None) -> str:
    """Return the address with some parameters set to one value, or left out (None)."""
    changed = query.copy()
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    encoded = changed.urlencode()
    return f"{path}?{encoded}" if encoded else path


def _toggled(path: str, query: QueryDict, name: str, value: str) -> str:
    """Return the address with one value of a facet put in, or taken out if it is in."""
    values = [each for each in query.getlist(name) if each]
    if value in values:
        values.remove(value)
    elif name in SINGLE:
        values = [value]
    else:
        values.append(value)
    changed = query.copy()
    changed.setlist(name, values)
    return _url(path, changed)


def _kept(query: QueryDict) -> list[tuple[str, str]]:
    """Return what the search box sends along: every parameter but the words."""
    return [
        (name, value)
        for name, values in query.lists()
        for value in values
        if name != "q" and value
    ]


def _tabs(asked: Asked, query: QueryDict) -> list[Choice]:
    return [
        Choice(label, _url(PLACES[kind], query, kind=None), asked.wanted.kind == kind)
        for kind, label in TABS.items()
    ]


def _sorts(asked: Asked, query: QueryDict, path: str) -> list[Choice]:
    return [
        Choice(label, _url(path, query, sort=name), asked.sort is SORTS[name])
        for name, label in SORT_LABELS.items()
        if asked.wanted.text or name != "relevance"
    ]


def _groups(facets: Facets, query: QueryDict, path: str) -> list[FacetGroup]:
    groups = []
    for name, label in FACETS.items():
        counts = {found.value: found.count for found in facets.facets.get(name, ())}
        chosen = [value for value in query.getlist(name) if value]
        values = dict.fromkeys([*chosen, *counts])
        choices = [
            Choice(
                _label(name, value),
                _toggled(path, query, name, value),
                value in chosen,
                counts.get(value),
            )
            for value in values
        ]
        if choices:
            groups.append(FacetGroup(name, label, choices))
    return groups


def _label(name: str, value: str) -> str:
    if name == "language":
        return str(LANG_INFO.get(value, {}).get("name", value))
    return PRICE_LABELS.get(value, value) if name == "price" else value
