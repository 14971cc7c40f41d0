"""How many of the matches have which value: the counts beside a search."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value

from marketplace.catalog.models import Listing
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.listings import (
    MARKS,
    Shape,
    Wanted,
    is_free,
    is_paid,
    pages_of,
    shape_of,
    union_of,
    values_of,
)
from marketplace.kit.statements import Statement

CAP = 20_000  # matches counted at most; beyond that a share says as much
MOST_COMMON = 10
TOKEN_FACETS = ("kind", "task", "modality", "language", "owner")


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """`count` matches, at most `count_cap`; the most common values of each facet."""

    count: int
    count_cap: int
    facets: Mapping[str, list[FacetValue]]


def facets_for(user: AnyUser, *, wanted: Wanted) -> Facets:
    """Count what `user` may see and looks for, by kind, task, licence and so on.

    Cost: three queries over at most `CAP` matches of each kind of visibility.
    """
    shape = shape_of(user, wanted)
    values = values_of(user, wanted)
    counted: dict[str, list[FacetValue]] = {facet: [] for facet in TOKEN_FACETS}
    for token, count in _tokens_statement(shape).rows(values):
        facet, _, value = token.partition(":")
        if facet in counted:
            counted[facet].append(FacetValue(value, count))
    matched, paid, free = _terms_statement(shape).rows(values)[0]
    prices = (FacetValue("free", free), FacetValue("paid", paid))
    counted["licence"] = [FacetValue(*row) for row in _licences(shape).rows(values)]
    counted["price"] = [price for price in prices if price.count]
    return Facets(
        min(matched, CAP), CAP, {name: _top(found) for name, found in counted.items()}
    )


def _top(values: Iterable[FacetValue]) -> list[FacetValue]:
    by_count = sorted(values, key=lambda found: (-found.count, found.value))
    return by_count[:MOST_COMMON]


def _matches(shape: Shape) -> QuerySet[Listing]:
    return union_of([page[:CAP] for page in pages_of(shape)])


@functools.lru_cache(maxsize=256)
def _tokens_statement(shape: Shape) -> Statement:
    token = Func(F("facets"), function="unnest", output_field=TextField())
    counts = _matches(shape).values(token=token).annotate(count=Count("pk"))
    return Statement(counts.values_list("token", "count"), marks=MARKS)


@functools.lru_cache(maxsize=256)
def _licences(shape: Shape) -> Statement:
    licensed = _matches(shape).filter(work__licence__isnull=False)
    counts = licensed.values("work__licence_id").annotate(count=Count("pk"))
    return Statement(counts.values_list("work__licence_id", "count"), marks=MARKS)


@functools.lru_cache(maxsize=256)
def _terms_statement(shape: Shape) -> Statement:
    """Write the one row of how many there are, to be paid for, and for nothing."""
    found = _matches(shape).annotate(is_paid=is_paid(), is_free=is_free())
    counts = found.values(all_of_them=Value(1)).annotate(
        matched=Count("pk"),
        paid=Count("pk", filter=Q(is_paid=True)),
        free=Count("pk", filter=Q(is_free=True)),
    )
    return Statement(counts.values_list("matched", "paid", "free"), marks=MARKS)
