"""Lists and search: pages of what one may see, as JSON that PostgreSQL builds.

What may be seen is a union of two limited pages, the public and one's own, since an OR
over a subquery defeats every index. The SQL of each shape of question is written once.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.signing import BadSignature, Signer
from django.db.models import (
    CharField,
    F,
    FloatField,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Cast

from licensing.models import Licence, Offer, OfferState
from marketplace.accounts.models import User
from marketplace.accounts.queries import namespaces_of
from marketplace.catalog.models import Gating, Kind, Listing, Visibility
from marketplace.catalog.permissions import AnyUser, shared_with
from marketplace.catalog.queries.listing_json import listing_json
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import DEFAULT_SIZE, BadCursor
from marketplace.kit.statements import Statement

RANKED = (
    500  # of the matches, the most downloaded are ranked: a common word has millions
)

# What stands for a request's values while SQL is written; no constant in it is equal.
USER_MARK = -(2**53)
TOKENS_MARK = ("<tokens>",)
TAGS_MARK = ("<tags>",)
MARKS = {
    "user": USER_MARK,
    "kind": "<kind>",
    "tokens": TOKENS_MARK,
    "tags": TAGS_MARK,
    "licence": "<licence>",
    "fewest": -(2**51),
    "most": -(2**52),
    "text": "<text>",
    "after_key_created_at": datetime(9999, 12, 30, tzinfo=UTC),
    "after_key_updated_at": datetime(9999, 12, 29, tzinfo=UTC),
    "after_key_downloads": -(2**61),
    "after_key_likes": 2**31 - 19,
    "after_key_rank": -1.5e300,
    "after_id": UUID(int=2**128 - 2),
}


class Sort(Enum):
    """How a list is ordered: the column that leads, always descending."""

    NEWEST = "created_at"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    UPDATED = "updated_at"
    RELEVANCE = "rank"


READ_KEY: dict[Sort, Callable[[str], Any]] = {
    Sort.NEWEST: datetime.fromisoformat,
    Sort.DOWNLOADS: int,
    Sort.LIKES: int,
    Sort.UPDATED: datetime.fromisoformat,
    Sort.RELEVANCE: float,
}


class Audience(Enum):
    """Which pages a list is made of."""

    PUBLIC = "public"
    OWN = "own"
    MEMBER = "public and own"
    ALL = "all"


class Price(Enum):
    FREE = "free"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. Empty means anything; all that is named must hold.

    `parameters` are the fewest and the most that a model may have; what does not say how
    many it has is then left out.
    """

    kind: Kind | None = None
    owner: str = ""
    licence: str = ""
    tasks: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    price: Price | None = None
    text: str = ""
    visibility: Visibility | None = None
    is_gated: bool | None = None
    parameters: tuple[int, int] | None = None

    def tokens(self) -> list[str]:
        """Return the facets' tokens that a match must have, in one order."""
        named = {
            "owner": (self.owner,) if self.owner else (),
            "task": self.tasks,
            "modality": self.modalities,
            "language": self.languages,
        }
        return sorted(
            {
                f"{facet}:{word.lower()}"
                for facet, words in named.items()
                for word in words
            }
        )


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page: each row the JSON text of one listing, as `ListingOut` documents it."""

    rows: list[str]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Shape:
    """All of a question that changes its SQL; the rest are values."""

    audience: Audience
    by_kind: bool
    by_tokens: bool
    by_tags: bool
    by_licence: bool
    by_text: bool
    by_parameters: bool
    price: Price | None
    is_gated: bool | None
    sort: Sort
    resumes: bool
    size: int
    ids_only: bool


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

    By relevance, the most downloaded of the matches are ranked, and only those listed.
    With `ids_only`, a row is a repository's id, for whoever tells of it in other words.

    Raises:
        BadCursor: `cursor` is not from a page in this order.
        Malformed: sorted by relevance to no words.

    Cost: one query.
    """
    if sort is Sort.RELEVANCE and not wanted.text:
        raise Malformed("sort: relevance needs words to look for; give q.")
    values = values_of(user, wanted)
    if cursor:
        key, values["after_id"] = _resume(cursor, sort)
        values[f"after_key_{sort.value}"] = key
    shape = shape_of(user, wanted, sort=sort, resumes=bool(cursor), size=size)
    shape = replace(shape, ids_only=ids_only)
    rows = _page_statement(shape).rows(values)
    if len(rows) <= size:
        return ListedPage([row[0] for row in rows], None)
    del rows[size:]
    return ListedPage([row[0] for row in rows], _cursor_after(rows[-1], sort))


def shape_of(
    user: AnyUser,
    wanted: Wanted,
    *,
    sort: Sort = Sort.NEWEST,
    resumes: bool = False,
    size: int = 0,
) -> Shape:
    return Shape(
        audience=_audience(user, wanted.visibility),
        by_kind=wanted.kind is not None,
        by_tokens=bool(wanted.tokens()),
        by_tags=bool(wanted.tags),
        by_licence=bool(wanted.licence),
        by_text=bool(wanted.text),
        by_parameters=wanted.parameters is not None,
        price=wanted.price,
        is_gated=wanted.is_gated,
        sort=sort,
        resumes=resumes,
        size=size,
        ids_only=False,
    )


def _audience(user: AnyUser, visibility: Visibility | None) -> Audience:
    if visibility is Visibility.PUBLIC or not user.is_active:
        return Audience.OWN if visibility is Visibility.PRIVATE else Audience.PUBLIC
    if user.is_superuser and visibility is None:
        return Audience.ALL
    return Audience.OWN if visibility is Visibility.PRIVATE else Audience.MEMBER


def values_of(user: AnyUser, wanted: Wanted) -> dict[str, Any]:
    return {
        "user": user.pk or 0,
        "kind": wanted.kind,
        "tokens": wanted.tokens(),
        "tags": [tag.lower() for tag in wanted.tags],
        "licence": wanted.licence,
        "text": wanted.text,
        "fewest": wanted.parameters[0] if wanted.parameters else 0,
        "most": wanted.parameters[1] if wanted.parameters else 0,
    }


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
    if shape.sort is Sort.RELEVANCE:
        popular = [_ordered(page, shape, by=Sort.DOWNLOADS)[:RANKED] for page in pages]
        return union_of(popular).annotate(
            rank=Cast(SearchRank(F("search"), _query()), FloatField())
        )
    if len(pages) == 1:
        return pages[0]
    return union_of([_ordered(page, shape)[: shape.size + 1] for page in pages])


def pages_of(shape: Shape) -> list[QuerySet[Listing]]:
    """Return the sets of matches that each have an index of their own."""
    public = _matching(shape).filter(is_public=True)
    if shape.audience is Audience.PUBLIC:
        return [public]
    if shape.audience is Audience.ALL:
        return [_matching(shape)]
    hidden = _matching(shape).filter(is_public=False)
    someone = User(pk=USER_MARK)
    own = [
        hidden.filter(namespace__in=namespaces_of(someone).values("pk")),
        hidden.filter(pk__in=shared_with(someone).values("pk")),
    ]
    return own if shape.audience is Audience.OWN else [public, *own]


def union_of(pages: list[QuerySet[Listing]]) -> QuerySet[Listing]:
    first, *others = (page.values("pk") for page in pages)
    return Listing.objects.filter(pk__in=first.union(*others) if others else first)


def _matching(shape: Shape) -> QuerySet[Listing]:
    found = Listing.objects.all()
    if shape.by_kind:
        found = found.filter(kind=MARKS["kind"])
    if shape.by_tokens:
        found = found.filter(facets__contains=_words(TOKENS_MARK))
    if shape.by_tags:
        found = found.filter(tags__contains=_words(TAGS_MARK))
    if shape.by_licence:
        licences = Licence.objects.filter(pk__iexact=MARKS["licence"])
        found = found.filter(work__licence__in=licences)
    if shape.by_text:
        found = found.filter(search=_query())
    if shape.by_parameters:
        found = found.filter(parameters__range=(MARKS["fewest"], MARKS["most"]))
    if shape.is_gated is not None:
        is_open = Q(repository__gating=Gating.OPEN)
        found = found.filter(~is_open if shape.is_gated else is_open)
    if shape.price is Price.PAID:
        found = found.filter(is_paid())
    if shape.price is Price.FREE:
        found = found.filter(is_free())
    return found


def _words(mark: tuple[str, ...]) -> Cast:
    words = ArrayField(CharField())
    return Cast(Value(list(mark), output_field=words), words)


def is_paid() -> Q:
    """Match what is offered for money."""
    return Q(work__in=_offered(price__minor__gt=0))


def is_free() -> Q:
    """Match what can be had for nothing: by an offer, or by its licence alone."""
    is_open = Q(work__licence__isnull=False) & ~Q(work__in=_offered())
    return Q(work__in=_offered(price__minor=0)) | is_open


def _offered(**conditions: Any) -> QuerySet[Any, Any]:
    return Offer.objects.filter(state=OfferState.LIVE, **conditions).values("work")


def _query() -> Any:
    """Return the words as typed or in another form of theirs; any syntax will do."""
    words = Value(MARKS["text"])
    typed = SearchQuery(words, config="simple", search_type="websearch")
    return typed | SearchQuery(words, config="english", search_type="websearch")


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
        raise BadCursor("cursor: take it from the `next` link of a page.") from fault
    return READ_KEY[sort](key), UUID(pk)
