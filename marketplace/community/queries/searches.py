"""Searches that somebody keeps, and what each finds that is new."""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.api.asked import PARAMETERS, asked_of
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Wanted
from marketplace.community.models import Place, SavedSearch
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.keyset import Order
from training.contests.finding import with_words
from training.contests.models import Phase, Task
from training.contests.permissions import visible_to

SEARCHES_ORDER = Order(("saved_at", "id"), descending=True)
KINDS = {Place.DATASETS: Kind.DATASET, Place.MODELS: Kind.MODEL}
OF_CONTESTS = {"q": None, "task": Task.values, "phase": Phase.values}
NOT_KEPT = {"cursor", "limit", "sort", "visibility"}
OF_LISTINGS = [each.name for each in PARAMETERS if each.name not in NOT_KEPT] + ["kind"]
MOST_NEW = 20


class SearchNotFound(DomainError):
    code = "search_not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Finding:
    """Something new: what it is called, and whose it is."""

    title: str
    owner: str


def searches_of(user: User) -> QuerySet[SavedSearch]:
    """Return what somebody keeps; page it by `SEARCHES_ORDER`."""
    return SavedSearch.objects.filter(user=user, deleted_at__isnull=True)


def deleted_of(user: User) -> QuerySet[SavedSearch]:
    """Return what somebody deleted and can still have back."""
    return SavedSearch.objects.filter(user=user, deleted_at__isnull=False)


def find_search(user: User, key: UUID, *, even_deleted: bool = False) -> SavedSearch:
    """Return a search that `user` keeps, or deleted a while ago if that will do.

    Raises:
        SearchNotFound: there is none, or it is another's.
    """
    mine = SavedSearch.objects.filter(user=user) if even_deleted else searches_of(user)
    found = mine.filter(pk=key).first()
    if found is None:
        raise SearchNotFound(gettext("You keep no such search."))
    return found


def kept_query(query: QueryDict, *, place: Place) -> str:
    """Return what of an address is kept of a search there, in one order.

    Raises:
        Malformed: it says something that cannot be.
    """
    names = OF_CONTESTS if place == Place.CONTESTS else OF_LISTINGS
    kept = {name: [v for v in query.getlist(name) if v] for name in names}
    told = urlencode(
        {name: values for name, values in kept.items() if values}, doseq=True
    )
    if place == Place.CONTESTS:
        for name, values in OF_CONTESTS.items():
            if values and not set(kept[name]).issubset(values):
                raise Malformed(
                    gettext("%(name)s: choose one of %(values)s.")
                    % {"name": name, "values": ", ".join(values)}
                )
    else:
        asked_of(QueryDict(told), kind=KINDS.get(place))
    return told


def new_in(search: SavedSearch) -> list[Finding]:
    """Return what everybody can see that a search finds, and did not when last looked at.

    What is its owner's own is left out; at most `MOST_NEW`, the newest first. A search
    that asks for what is no more, such as a facet, finds nothing. A contest is new as it
    is made known, whether it is open yet or not.

    Cost: one query.
    """
    query = QueryDict(search.query)
    if search.place == Place.CONTESTS:
        return _new_contests(query, search)
    try:
        asked = asked_of(query, kind=KINDS.get(Place(search.place)))
    except Malformed:
        return []
    return _new_listings(asked.wanted, search)


def _new_listings(wanted: Wanted, search: SavedSearch) -> list[Finding]:
    public = replace(
        wanted, visibility=Visibility.PUBLIC, listed_since=search.looked_at
    )
    page = listed_for(AnonymousUser(), wanted=public, size=MOST_NEW)
    found = (json.loads(row) for row in page.rows)
    return [
        Finding(one["title"], one["namespace"])
        for one in found
        if one["namespace"] != search.user.username
    ]


def _new_contests(query: QueryDict, search: SavedSearch) -> list[Finding]:
    contests = visible_to(AnonymousUser()).filter(created_at__gt=search.looked_at)
    contests = with_words(contests, query.get("q", ""))
    if query.get("task"):
        contests = contests.filter(task=query["task"])
    others = contests.exclude(host=search.user).select_related("namespace")
    newest = others.order_by("-created_at", "-id")[:MOST_NEW]
    return [Finding(each.title, each.namespace.name) for each in newest]
