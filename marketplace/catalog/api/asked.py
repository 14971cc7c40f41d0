"""What a list is asked for, read from a query string without a serializer's cost."""

from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from licensing.money import CURRENCIES, NotAnAmount, parse
from licensing.rights import Right
from marketplace.catalog.formats import ENDINGS
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries.wanted import LARGEST, Price, Size, Sort, Wanted
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import DEFAULT_SIZE, LARGEST_SIZE, size_from

LONGEST = 400
MOST_VALUES = 20
SORTS = {
    "newest": Sort.NEWEST,
    "downloads": Sort.DOWNLOADS,
    "likes": Sort.LIKES,
    "relevance": Sort.RELEVANCE,
    "price": Sort.PRICE,
    "size": Sort.SIZE,
}
KINDS = {"dataset": Kind.DATASET, "model": Kind.MODEL}
PRICES = {"free": Price.FREE, "paid": Price.PAID}
VISIBILITIES = {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE}
RIGHTS = {right.value: right for right in Right}
CODES = {code: code for code in sorted(CURRENCIES)}
SIZES = {size.value: size for size in Size}
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a list: of what, in which order, from where, how long."""

    wanted: Wanted
    sort: Sort
    cursor: str
    size: int


def asked_of(query: QueryDict, *, kind: Kind | None = None) -> Asked:
    """Read a query string. `kind`, if given, is that of the address.

    Raises:
        Malformed: it says something that cannot be; the message names the parameter.
    """
    text = _one(query, "q").strip()
    currency = _choice(query, "currency", CODES)
    currency = currency or settings.STOA.currency
    sort = _choice(query, "sort", SORTS)
    default = Sort.RELEVANCE if text else Sort.NEWEST
    return Asked(
        wanted=Wanted(
            kind=kind or _choice(query, "kind", KINDS),
            owner=_one(query, "owner"),
            licence=_one(query, "licence"),
            tasks=_many(query, "task"),
            modalities=_many(query, "modality"),
            languages=_many(query, "language"),
            formats=_many(query, "format"),
            tags=_many(query, "tag"),
            allows=_choices(query, "allows", RIGHTS),
            price=_choice(query, "price", PRICES),
            price_range=_price_range(query, currency),
            currency=currency,
            size=_choice(query, "size", SIZES),
            visibility=_choice(query, "visibility", VISIBILITIES),
            text=text,
        ),
        sort=sort or default,
        cursor=_one(query, "cursor"),
        size=size_from(query) if query else DEFAULT_SIZE,
    )


def _many(query: QueryDict, name: str) -> tuple[str, ...]:
    values = query.getlist(name)
    if len(values) > MOST_VALUES:
        raise Malformed(f"{name}: give at most {MOST_VALUES} values.")
    if any("\0" in value or len(value) > LONGEST for value in values):
        raise Malformed(f"{name}: give at most {LONGEST} characters, none of them NUL.")
    return tuple(filter(None, values))


def _one(query: QueryDict, name: str) -> str:
    values = _many(query, name)
    if len(values) > 1:
        raise Malformed(f"{name}: give it once.")
    return values[0] if values else ""


def _choice(query: QueryDict, name: str, known: dict[str, C]) -> C | None:
    value = _one(query, name)
    return _known(value, name, known) if value else None


def _choices(query: QueryDict, name: str, known: dict[str, C]) -> tuple[C, ...]:
    values = dict.fromkeys(_many(query, name))
    return tuple(_known(value, name, known) for value in values)


def _known(value: str, name: str, known: dict[str, C]) -> C:
    if value not in known:
        raise Malformed(f"{name}: choose one of {', '.join(known)}.")
    return known[value]


def _price_range(query: QueryDict, currency: str) -> tuple[int, int] | None:
    """Read `price_from` and `price_to`, whole or with decimals; None without both."""
    said = {name: _one(query, name) for name in ("price_from", "price_to")}
    if not any(said.values()):
        return None
    bounds = {"price_from": 0, "price_to": LARGEST}
    for name, amount in said.items():
        try:
            bounds[name] = (
                min(parse(amount, currency), LARGEST) if amount else bounds[name]
            )
        except NotAnAmount as fault:
            raise Malformed(f"{name}: {fault}") from fault
    return bounds["price_from"], bounds["price_to"]


def _parameter(
    name: str, description: str, *, many: bool = False, enum: list[str] | None = None
) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        OpenApiTypes.STR,
        description=description,
        many=many,
        enum=enum,
    )


PARAMETERS = [
    _parameter("q", "Words to look for; “-word” leaves out, quotes keep together."),
    _parameter("owner", "Name of the person or organisation."),
    _parameter("licence", "SPDX id, in any case."),
    _parameter("task", "Task, such as image-classification.", many=True),
    _parameter("modality", "Modality, such as image.", many=True),
    _parameter("language", "Language code, such as el.", many=True),
    _parameter("format", f"Format of its files: {', '.join(ENDINGS)}.", many=True),
    _parameter("tag", "Tag of the card.", many=True),
    _parameter(
        "allows",
        "What it can be had on terms that permit, by its licence or by an offer.",
        many=True,
        enum=list(RIGHTS),
    ),
    _parameter("price", "Whether it can be had for nothing.", enum=list(PRICES)),
    _parameter(
        "price_from", "Cheapest, such as 5 or 4.99; what is free is in it from 0 on."
    ),
    _parameter("price_to", "Dearest, such as 20."),
    _parameter("currency", "Of the prices asked for; without it, the site's own."),
    _parameter("size", "How much there is to download.", enum=list(SIZES)),
    _parameter("visibility", "Only what is so.", enum=list(VISIBILITIES)),
    _parameter(
        "sort",
        "Order: the most first, but for price, where the cheapest in `currency` is. "
        "Without it: relevance with q, else newest.",
        enum=list(SORTS),
    ),
    _parameter("cursor", "Where the page starts; take it from `next`."),
    OpenApiParameter(
        "limit",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_SIZE,
            "default": DEFAULT_SIZE,
        },
        description="Rows a page.",
    ),
]
KIND_PARAMETER = _parameter("kind", "Only datasets, or only models.", enum=list(KINDS))
