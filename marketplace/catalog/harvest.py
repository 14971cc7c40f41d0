"""What catalogues elsewhere may take over: public datasets and models, as they changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from marketplace.catalog.described import Described, briefly
from marketplace.catalog.models import Kind, Ref, Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.models.repositories import PUBLIC


@dataclass(frozen=True, slots=True)
class Window:
    """Which records: of a kind, changed from a moment on and before another."""

    kind: Kind | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: behind a record."""

    at: datetime
    id: UUID


def public_repositories() -> QuerySet[Repository]:
    """Return what everyone may know of and that has files."""
    return Repository.objects.filter(
        PUBLIC, refs__name=MAIN, refs__commit__isnull=False
    )


def changed(
    window: Window, *, site: str, after: Place | None, most: int
) -> list[Described]:
    """Return records in the order of their change.

    Args:
        window: which.
        site: the address people use.
        after: the last record of the page before; None for the first page.
        most: how many.

    Cost: two queries.
    """
    found = public_repositories().order_by("updated_at", "pk")
    if window.kind is not None:
        found = found.filter(kind=window.kind)
    if window.since is not None:
        found = found.filter(updated_at__gte=window.since)
    if window.before is not None:
        found = found.filter(updated_at__lt=window.before)
    if after is not None:
        columns = Tuple(F("updated_at"), F("pk"))
        found = found.filter(TupleGreaterThan(columns, (after.at, after.id)))
    return list(_described(found[:most], site=site))


def record_of(repository_id: UUID, *, site: str) -> Described | None:
    """Return one record by the id of its repository, None if it is not there."""
    found = public_repositories().filter(pk=repository_id)
    return next(_described(found, site=site), None)


def earliest_change() -> datetime | None:
    """Return when the record that changed longest ago did."""
    first = public_repositories().order_by("updated_at").values_list("updated_at")
    return next((at for (at,) in first[:1]), None)


def _described(found: QuerySet[Repository], *, site: str) -> Iterator[Described]:
    heads = Ref.objects.filter(name=MAIN).select_related("commit")
    told = found.select_related("namespace", "work__owner", "work__licence")
    for repository in told.prefetch_related(Prefetch("refs", heads, "heads")):
        for commit in (head.commit for head in repository.heads if head.commit):
            yield briefly(repository, commit=commit, offers=(), site=site)
