"""Datasets and models as lists: narrowed, searched, sorted, page by page."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.models import Kind
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import takeable_by
from marketplace.catalog.queries.few import narrowed
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.shelves import shelf_of
from marketplace.catalog.queries.wanted import Sort, Wanted
from marketplace.hub.asked import choices, flag, number, words
from marketplace.hub.http import HubView, next_link
from marketplace.hub.information import LISTED, PROPERTIES, About, told_of
from marketplace.kit.errors import Malformed

PAGE, LARGEST_PAGE, LARGEST_WITH_FILES = 100, 1000, 100
SORTS = {
    "createdAt": Sort.NEWEST,
    "created_at": Sort.NEWEST,
    "downloads": Sort.DOWNLOADS,
    "lastModified": Sort.UPDATED,
    "last_modified": Sort.UPDATED,
    "likes": Sort.LIKES,
    "trendingScore": Sort.LIKES,
    "trending_score": Sort.LIKES,
}
LICENCE = "license:"
GATES = {"true": True, "false": False, "auto": True, "manual": True}
SERVED_ELSEWHERE = ("apps", "inference", "inference_provider")  # nothing here is
AMOUNT = re.compile(r"(min|max):(\d{1,15}(?:\.\d{1,9})?)([KMBT]?)", re.IGNORECASE)
THOUSANDS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
MOST_PARAMETERS = 2**62
ONE_BY_ONE = {"config", "usedStorage"}  # it takes a read for each


class Repositories(HubView):
    """What the caller may see of one kind."""

    def get(self, request: Request) -> Response:
        query = request.query_params
        names = self._names(query)
        wanted = wanted_of(query, kind=self.kind)
        with_files = "siblings" in names
        most = LARGEST_WITH_FILES if with_files else LARGEST_PAGE
        size = number(query, "limit", default=PAGE, most=most)
        sort = _sort_of(query, has_words=bool(wanted and wanted.text))
        if wanted is None:
            return Response([])
        page = listed_for(
            request.user,
            wanted=narrowed(wanted),
            sort=sort,
            cursor=query.get("cursor", ""),
            size=size,
            ids_only=True,
        )
        told = _told(request.user, page.rows, names, with_files=with_files)
        return Response(told, headers=_next(request, page.next_cursor))

    def _names(self, query: QueryDict) -> tuple[str, ...]:
        """Return the properties to tell of each, none of which takes reading files."""
        wanted = choices(query, "expand", PROPERTIES[self.kind])
        names = list(wanted or LISTED[self.kind])
        if flag(query, "full"):
            names += ["siblings"]
        if flag(query, "full") or flag(query, "cardData"):
            names += ["cardData"]
        flag(query, "config")
        return tuple(name for name in dict.fromkeys(names) if name not in ONE_BY_ONE)


def wanted_of(query: QueryDict, *, kind: Kind) -> Wanted | None:
    """Read what is looked for; None if nothing can be it.

    Raises:
        Malformed: it says something that cannot be.
    """
    parameters = _parameters(query.get("num_parameters", ""))
    filters = [word for one in words(query, "filter") for word in one.split(",")]
    filters += words(query, "pipeline_tag")
    licences = {word.lower() for word in filters if word.lower().startswith(LICENCE)}
    authors = {author.lower() for author in words(query, "author")}
    is_elsewhere = any(words(query, name) for name in SERVED_ELSEWHERE)
    if is_elsewhere or len(licences) > 1 or len(authors) > 1:
        return None
    return Wanted(
        kind=kind,
        owner=next(iter(authors), ""),
        licence=next(iter(licences), "").removeprefix(LICENCE),
        tags=tuple(w for w in filters if w and w.lower() not in licences),
        text=" ".join(words(query, "search")).strip(),
        is_gated=_gated(query),
        parameters=parameters,
    )


def _parameters(said: str) -> tuple[int, int] | None:
    """Read how many parameters there may be: `min:6B,max:128B`, or one of the two.

    Raises:
        Malformed: it is none.
    """
    if not said:
        return None
    bounds = {"min": 0, "max": MOST_PARAMETERS}
    for part in said.split(","):
        found = AMOUNT.fullmatch(part.strip())
        if found is None:
            raise Malformed(
                "num_parameters: write min:6B,max:128B or one of the two, with K, M, B "
                "or T for thousands, millions, billions or trillions."
            )
        which, amount, unit = found[1].lower(), found[2], found[3].upper()
        bounds[which] = min(int(Decimal(amount) * THOUSANDS[unit]), MOST_PARAMETERS)
    return bounds["min"], bounds["max"]


def _gated(query: QueryDict) -> bool | None:
    said = query.get("gated", "").lower()
    if said and said not in GATES:
        raise Malformed("gated: write true or false.")
    return GATES.get(said)


def _sort_of(query: QueryDict, *, has_words: bool) -> Sort:
    said = query.get("sort", "")
    if not said:
        return Sort.RELEVANCE if has_words else Sort.LIKES
    if said not in SORTS:
        raise Malformed(f"sort: choose one of {', '.join(sorted(SORTS))}.")
    return SORTS[said]


def _told(
    user: AnyUser, rows: Sequence[str], names: tuple[str, ...], *, with_files: bool
) -> list[dict[str, Any]]:
    ids, counts = [UUID(row) for row in rows], "safetensors" in names
    shelf = shelf_of(ids, with_files=with_files, with_parameters=counts)
    takeable: set[UUID] = set()
    if counts:
        found = takeable_by(user).filter(pk__in=ids)
        takeable.update(found.values_list("pk", flat=True))
    told = []
    for one in shelf:
        may_take = one.repository.pk in takeable
        about = About(one.repository, one.commit, may_take=may_take)
        about.card, about.files = one.card, one.files
        about.parameters = one.parameters
        told.append(told_of(about, names))
    return told


def _next(request: Request, cursor: str | None) -> dict[str, str]:
    if cursor is None:
        return {}
    said = [pair for pair in request.GET.lists() if pair[0] != "cursor"]
    query = urlencode([*said, ("cursor", cursor)], doseq=True)
    return next_link(request, f"{request.path}?{query}")
