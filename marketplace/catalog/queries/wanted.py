"""What somebody looks for, and its shape: all of it that changes the SQL.

A statement is written once for each shape, with marks where a request's values go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

from licensing.rights import Right
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.search_words import prefix_query

LARGEST = 2**62  # bytes or minor units: more than anything has

# What stands for a request's values while SQL is written; no constant in it is equal.
USER_MARK = -(2**53)
TOKENS_MARK = ("<tokens>",)
TAGS_MARK = ("<tags>",)
AMONG_MARK = (UUID(int=2**128 - 3),)
MARKS = {
    "user": USER_MARK,
    "kind": "<kind>",
    "tokens": TOKENS_MARK,
    "tags": TAGS_MARK,
    "licence": "<licence>",
    "fewest": -(2**51),
    "most": -(2**52),
    "smallest": -(2**50),
    "largest": -(2**49),
    "cheapest": -(2**48),
    "dearest": -(2**47),
    "currency": "<currency>",
    "since": datetime(9999, 12, 28, tzinfo=UTC),
    "text": "<text>",
    "among": AMONG_MARK,
    "prefix": "<prefix>",
    "after_key_created_at": datetime(9999, 12, 30, tzinfo=UTC),
    "after_key_updated_at": datetime(9999, 12, 29, tzinfo=UTC),
    "after_key_downloads": -(2**61),
    "after_key_likes": 2**31 - 19,
    "after_key_size_bytes": -(2**60),
    "after_key_cheapness": -(2**59),
    "after_key_rank": -1.5e300,
    "after_id": UUID(int=2**128 - 2),
}


class Sort(Enum):
    """How a list is ordered: the column that leads, always descending."""

    NEWEST = "created_at"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    UPDATED = "updated_at"
    SIZE = "size_bytes"
    PRICE = "cheapness"
    RELEVANCE = "rank"


READ_KEY: dict[Sort, Callable[[str], Any]] = {
    Sort.NEWEST: datetime.fromisoformat,
    Sort.DOWNLOADS: int,
    Sort.LIKES: int,
    Sort.UPDATED: datetime.fromisoformat,
    Sort.SIZE: int,
    Sort.PRICE: int,
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


class Size(StrEnum):
    """How much there is to download, in bands that people tell apart."""

    MEGABYTE = "under-1mb"
    HUNDRED = "1mb-100mb"
    GIGABYTE = "100mb-1gb"
    TEN = "1gb-10gb"
    MORE = "over-10gb"


BOUNDS: dict[Size, tuple[int, int]] = {  # bytes, from and below
    Size.MEGABYTE: (0, 10**6),
    Size.HUNDRED: (10**6, 10**8),
    Size.GIGABYTE: (10**8, 10**9),
    Size.TEN: (10**9, 10**10),
    Size.MORE: (10**10, LARGEST),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. Empty means anything; all that is named must hold.

    `parameters` are the fewest and the most that a model may have; what does not say how
    many it has is then left out. `allows` is what it must be to be had on terms that
    permit. `price_range` is from and to, in minor units of `currency`, which also is what
    an order by price goes by; from 0 on, what is free is in it. `listed_since` leaves out
    what everybody could see before. `among` are the ids of what `text` matches, where
    they are few and known (`few.narrowed`).
    """

    kind: Kind | None = None
    owner: str = ""
    licence: str = ""
    tasks: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    allows: tuple[Right, ...] = ()
    price: Price | None = None
    price_range: tuple[int, int] | None = None
    currency: str = ""
    size: Size | None = None
    text: str = ""
    visibility: Visibility | None = None
    is_gated: bool | None = None
    parameters: tuple[int, int] | None = None
    listed_since: datetime | None = None
    among: tuple[UUID, ...] | None = None

    def tokens(self) -> list[str]:
        """Return the facets' tokens that a match must have, in one order."""
        named = {
            "owner": (self.owner,) if self.owner else (),
            "task": self.tasks,
            "modality": self.modalities,
            "language": self.languages,
            "format": self.formats,
        }
        return sorted(
            {
                f"{facet}:{word.lower()}"
                for facet, words in named.items()
                for word in words
            }
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """All of a question that changes its SQL; the rest are values."""

    audience: Audience
    by_kind: bool
    by_tokens: bool
    by_tags: bool
    by_licence: bool
    by_text: bool
    by_ids: bool
    by_prefix: bool
    by_parameters: bool
    by_size: bool
    by_price_range: bool
    takes_free: bool
    is_recent: bool
    allows: frozenset[Right]
    price: Price | None
    is_gated: bool | None
    sort: Sort
    resumes: bool
    size: int
    ids_only: bool


def shape_of(
    user: AnyUser,
    wanted: Wanted,
    *,
    sort: Sort = Sort.NEWEST,
    resumes: bool = False,
    size: int = 0,
    ids_only: bool = False,
) -> Shape:
    return Shape(
        audience=_audience(user, wanted.visibility),
        by_kind=wanted.kind is not None,
        by_tokens=bool(wanted.tokens()),
        by_tags=bool(wanted.tags),
        by_licence=bool(wanted.licence),
        by_text=bool(wanted.text),
        by_ids=wanted.among is not None,
        by_prefix=bool(prefix_query(wanted.text)),
        by_parameters=wanted.parameters is not None,
        by_size=wanted.size is not None,
        by_price_range=wanted.price_range is not None,
        takes_free=wanted.price_range is not None and wanted.price_range[0] == 0,
        is_recent=wanted.listed_since is not None,
        allows=frozenset(wanted.allows),
        price=wanted.price,
        is_gated=wanted.is_gated,
        sort=sort,
        resumes=resumes,
        size=size,
        ids_only=ids_only,
    )


def _audience(user: AnyUser, visibility: Visibility | None) -> Audience:
    if visibility is Visibility.PUBLIC or not user.is_active:
        return Audience.OWN if visibility is Visibility.PRIVATE else Audience.PUBLIC
    if user.is_superuser and visibility is None:
        return Audience.ALL
    return Audience.OWN if visibility is Visibility.PRIVATE else Audience.MEMBER


def values_of(user: AnyUser, wanted: Wanted) -> dict[str, Any]:
    fewest, most = wanted.parameters or (0, 0)
    smallest, largest = BOUNDS[wanted.size] if wanted.size else (0, 0)
    cheapest, dearest = wanted.price_range or (0, 0)
    return {
        "user": user.pk or 0,
        "kind": wanted.kind,
        "tokens": wanted.tokens(),
        "tags": [tag.lower() for tag in wanted.tags],
        "licence": wanted.licence,
        "text": wanted.text,
        "among": list(wanted.among or ()),
        "prefix": prefix_query(wanted.text),
        "fewest": fewest,
        "most": most,
        "smallest": smallest,
        "largest": largest,
        "cheapest": cheapest,
        "dearest": dearest,
        "currency": wanted.currency,
        "since": wanted.listed_since,
    }
