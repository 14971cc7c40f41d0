"""The listings that match what is looked for, as sets that each have an index.

What may be seen is a union of limited pages, the public and one's own, since an OR over a
subquery defeats every index.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from licensing.models import Licence
from licensing.queries import licences_permitting, offers_permitting, public_offers
from licensing.rights import Right
from marketplace.accounts.models import User
from marketplace.accounts.queries import namespaces_of
from marketplace.catalog.models import Gating, Listing
from marketplace.catalog.permissions import shared_with
from marketplace.catalog.queries.wanted import (
    AMONG_MARK,
    MARKS,
    TAGS_MARK,
    TOKENS_MARK,
    USER_MARK,
    Audience,
    Price,
    Shape,
)


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
    found = Listing.objects.filter(_of_words(shape), _of_terms(shape))
    if shape.by_kind:
        found = found.filter(kind=MARKS["kind"])
    if shape.by_tokens:
        found = found.filter(facets__contains=_words(TOKENS_MARK))
    if shape.by_tags:
        found = found.filter(tags__contains=_words(TAGS_MARK))
    if shape.by_parameters:
        found = found.filter(parameters__range=(MARKS["fewest"], MARKS["most"]))
    if shape.by_size:
        found = found.filter(
            size_bytes__gte=MARKS["smallest"], size_bytes__lt=MARKS["largest"]
        )
    if shape.is_recent:
        found = found.filter(listed_at__gt=MARKS["since"])
    if shape.is_gated is not None:
        is_open = Q(repository__gating=Gating.OPEN)
        found = found.filter(~is_open if shape.is_gated else is_open)
    return found


def _of_words(shape: Shape) -> Q:
    if shape.by_ids:
        return Q(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [list(AMONG_MARK)]))
    return Q(search=query_of(shape)) if shape.by_text else Q()


def _of_terms(shape: Shape) -> Q:
    """Match by licence and price, which belong to the work and change without us."""
    match = Q()
    if shape.by_licence:
        licences = Licence.objects.filter(pk__iexact=MARKS["licence"])
        match &= Q(work__licence__in=licences)
    for right in sorted(shape.allows):
        match &= is_allowed(right)
    if shape.price is Price.PAID:
        match &= is_paid()
    if shape.price is Price.FREE:
        match &= is_free()
    if shape.by_price_range:
        match &= _in_range() | is_free() if shape.takes_free else _in_range()
    return match


def _words(mark: tuple[str, ...]) -> Cast:
    words = ArrayField(CharField())
    return Cast(Value(list(mark), output_field=words), words)


def is_allowed(right: Right) -> Q:
    """Match what can be had on terms that permit it."""
    return Q(work__licence__in=licences_permitting(right).values("pk")) | Q(
        work__in=offers_permitting(right).values("work")
    )


def is_paid() -> Q:
    """Match what is offered for money."""
    return Q(work__in=_offered(price__minor__gt=0))


def is_free() -> Q:
    """Match what can be had for nothing: by an offer, or by its licence alone."""
    is_open = Q(work__licence__isnull=False) & ~Q(work__in=_offered())
    return Q(work__in=_offered(price__minor=0)) | is_open


def _in_range() -> Q:
    prices = (MARKS["cheapest"], MARKS["dearest"])
    return Q(
        work__in=_offered(price__minor__range=prices, price__currency=MARKS["currency"])
    )


def _offered(**conditions: Any) -> QuerySet[Any, Any]:
    return public_offers(**conditions).values("work")


def query_of(shape: Shape) -> Any:
    """Return the words as typed or in another form of theirs; any syntax will do."""
    words = Value(MARKS["text"])
    typed = SearchQuery(words, config="simple", search_type="websearch")
    query = typed | SearchQuery(words, config="english", search_type="websearch")
    if not shape.by_prefix:
        return query
    begun = SearchQuery(Value(MARKS["prefix"]), config="simple", search_type="raw")
    return query | begun
