"""How many of the matches have which value: the counts beside a search."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, F, Func, TextField, Value, When
from django.db.models.functions import Cast, Concat
from psycopg.sql import SQL

from licensing.rights import Right
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.matching import (
    is_allowed,
    is_free,
    is_paid,
    pages_of,
)
from marketplace.catalog.queries.wanted import (
    BOUNDS,
    MARKS,
    Shape,
    Wanted,
    shape_of,
    values_of,
)
from marketplace.kit.statements import Statement

CAP = 10_000  # matches counted at most; beyond that a share says as much
MOST_COMMON = 10
FACETS = (
    *("kind", "task", "licence", "allows", "modality", "language", "format"),
    *("owner", "price", "size"),
)
COUNT = SQL(
    "SELECT token, count(*) FROM ({}) AS found (id, tokens), unnest(tokens) AS token "
    "GROUP BY token"
)


MATCHES = SQL("SELECT count(*) FROM ({}) AS found")


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

    Cost: one query over at most `CAP` matches of each kind of visibility.
    """
    shape = shape_of(user, wanted)
    counted: dict[str, list[FacetValue]] = {facet: [] for facet in FACETS}
    for token, count in _statement(shape).rows(values_of(user, wanted)):
        facet, _, value = (token or "").partition(":")
        if value:
            counted[facet].append(FacetValue(value, count))
    matched = sum(kind.count for kind in counted["kind"])
    return Facets(
        min(matched, CAP), CAP, {name: _top(found) for name, found in counted.items()}
    )


def matches_of(user: AnyUser, *, wanted: Wanted) -> int:
    """Return how many `user` may see and looks for, at most `CAP`.

    Cost: one query.
    """
    [(count,)] = _count_statement(shape_of(user, wanted)).rows(values_of(user, wanted))
    return min(int(count), CAP)


@functools.lru_cache(maxsize=256)
def _count_statement(shape: Shape) -> Statement:
    first, *others = (page.values_list("pk")[:CAP] for page in pages_of(shape))
    every = first.union(*others) if others else first
    return Statement(every, marks=MARKS, within=MATCHES)


def _top(values: list[FacetValue]) -> list[FacetValue]:
    by_count = sorted(values, key=lambda found: (-found.count, found.value))
    return by_count[:MOST_COMMON]


@functools.lru_cache(maxsize=256)
def _statement(shape: Shape) -> Statement:
    first, *others = (
        page.annotate(tokens=_tokens()).values_list("pk", "tokens")[:CAP]
        for page in pages_of(shape)
    )
    return Statement(
        first.union(*others) if others else first, marks=MARKS, within=COUNT
    )


def _tokens() -> Func:
    """Return what is kept of a listing and what is true of its work just now."""
    now = Func(
        Concat(Value("licence:"), "work__licence_id"),
        Case(When(is_paid(), then=Value("price:paid"))),
        Case(When(is_free(), then=Value("price:free"))),
        *(
            Case(When(is_allowed(right), then=Value(f"allows:{right}")))
            for right in Right
        ),
        Case(
            *(
                When(size_bytes__lt=below, then=Value(f"size:{size}"))
                for size, (_, below) in BOUNDS.items()
            )
        ),
        template="ARRAY[%(expressions)s]::text[]",
    )
    return Func(
        Cast(F("facets"), ArrayField(TextField())),
        now,
        function="array_cat",
        output_field=ArrayField(TextField()),
    )
