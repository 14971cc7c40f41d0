"""Lists and search: pages of what one may see, as JSON that PostgreSQL builds.

The SQL of each shape of question is written once.
"""

import functools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchRank
from django.core.signing import BadSignature, Signer
from django.db.models import (
    BigIntegerField,
    Case,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext

from licensing.queries import public_offers
from marketplace.catalog.models import Listing
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.listing_json import listing_json
from marketplace.catalog.queries.matching import is_free, pages_of, query_of, union_of
from marketplace.catalog.queries.wanted import (
    LARGEST,
    MARKS,
    READ_KEY,
    Shape,
    Sort,
    Wanted,
    shape_of,
    values_of,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import DEFAULT_SIZE, BadCursor
from marketplace.kit.statements import Statement

# Of the matches, only the most downloaded are put in these orders: no index has them,
# and a common word has millions.
MOST_ORDERED = {Sort.RELEVANCE: 500, Sort.PRICE: 2_000}


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page: each row the JSON text of one listing, as `ListingOut` documents it."""

    rows: list[str]
    next_cursor: str | None


def listed_for(
    user: AnyUser,
    *,
    wanted: Wanted,
    sort: Sort = Sort.NEWEST,
    cursor: str = "",
    size: int = DEFAULT_SIZE,
    ids_only: bool = False,
) -> ListedPage:
    """Return one page of what `user` may see and looks for.

    By relevance or price, the most downloaded of the matches (`MOST_ORDERED`) are put in
    order, and only those listed.
    With `ids_only`, a row is a repository's id, for whoever tells of it in other words.

    Raises:
        BadCursor: `cursor` is not from a page in this order.
        Malformed: sorted by relevance to no words.

    Cost: one query.
    """
    if sort is Sort.RELEVANCE and not wanted.text:
        raise Malformed(gettext("sort: relevance needs words to look for; give q."))
    values = values_of(user, wanted)
    if cursor:
        key, values["after_id"] = _resume(cursor, sort)
        values[f"after_key_{sort.value}"] = key
    shape = shape_of(
        user, wanted, sort=sort, resumes=bool(cursor), size=size, ids_only=ids_only
    )
    rows = _page_statement(shape).rows(values)
    if len(rows) <= size:
        return ListedPage([row[0] for row in rows], None)
    del rows[size:]
    return ListedPage([row[0] for row in rows], _cursor_after(rows[-1], sort))


@functools.lru_cache(maxsize=1024)
def _page_statement(shape: Shape) -> Statement:
    listings = _ordered(_candidates(shape), shape)
    page = listings.annotate(  # all of it text, which costs nothing to read
        card=Cast(F("pk") if shape.ids_only else listing_json(), TextField()),
        key=Cast(F(shape.sort.value), TextField()),
        id=Cast(F("pk"), TextField()),
    )
    columns = page.values_list("card", "key", "id")
    return Statement(columns[: shape.size + 1], marks=MARKS)


def _candidates(shape: Shape) -> QuerySet[Listing]:
    """Return a set that holds the page, small enough to sort, or one in index order."""
    pages = pages_of(shape)
    if most := MOST_ORDERED.get(shape.sort):
        popular = [_ordered(page, shape, by=Sort.DOWNLOADS)[:most] for page in pages]
        return _keyed(union_of(popular), shape)
    if len(pages) == 1:
        return pages[0]
    return union_of([_ordered(page, shape)[: shape.size + 1] for page in pages])


def _keyed(listings: QuerySet[Listing], shape: Shape) -> QuerySet[Listing]:
    """Add the column of an order that is reckoned from what matches."""
    if shape.sort is Sort.RELEVANCE:
        rank = Cast(SearchRank(F("search"), query_of(shape)), FloatField())
        return listings.annotate(rank=rank)
    offers = public_offers(work=OuterRef("work"), price__currency=MARKS["currency"])
    lowest = Subquery(offers.order_by("price__minor").values("price__minor")[:1])
    price = Case(
        When(is_free(), then=Value(0)),
        default=Coalesce(lowest, Value(LARGEST)),  # last is what has none in it
        output_field=BigIntegerField(),
    )
    cheapness = ExpressionWrapper(-price, output_field=BigIntegerField())
    return listings.annotate(cheapness=cheapness)


def _ordered(
    listings: QuerySet[Listing], shape: Shape, *, by: Sort | None = None
) -> QuerySet[Listing]:
    sort = by or shape.sort
    if sort is Sort.UPDATED:
        listings = listings.annotate(updated_at=F("repository__updated_at"))
    if shape.resumes and sort is shape.sort:
        after = (MARKS[f"after_key_{sort.value}"], MARKS["after_id"])
        columns = Tuple(F(sort.value), F("pk"))
        listings = listings.filter(TupleLessThan(columns, after))
    return listings.order_by(f"-{sort.value}", "-pk")


def _signer(sort: Sort) -> Signer:
    return Signer(salt=f"catalog.listings {sort.value}")


def _cursor_after(row: tuple[Any, ...], sort: Sort) -> str:
    return _signer(sort).sign_object(row[1:])


def _resume(cursor: str, sort: Sort) -> tuple[Any, UUID]:
    try:
        key, pk = _signer(sort).unsign_object(cursor)
    except BadSignature as fault:
        raise BadCursor(
            gettext("cursor: take it from the `next` link of a page.")
        ) from fault
    return READ_KEY[sort](key), UUID(pk)
