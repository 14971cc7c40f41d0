"""Which works a recall reaches, and by which way. Asked each time, stored nowhere."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.http import Http404

from licensing.lineage import Edge, among, edges_above
from licensing.models import Recall, RecallNotice, Work
from licensing.permissions import AnyUser, visible_works
from marketplace.accounts.models import User

REACHED = """
    WITH RECURSIVE above (id) AS (
        SELECT unnest(%(works)s::uuid[])
        UNION
        SELECT derivation.source_id FROM licensing_derivation derivation
        JOIN above ON derivation.work_id = above.id
    ), recalled (id) AS (
        SELECT DISTINCT above.id FROM above
        JOIN licensing_recall recall
            ON recall.work_id = above.id AND recall.lifted_at IS NULL
    ), reached (id) AS (
        SELECT id FROM recalled
        UNION
        SELECT derivation.work_id FROM reached
        JOIN licensing_derivation derivation ON derivation.source_id = reached.id
        JOIN above ON above.id = derivation.work_id
    )
    SELECT reached.id, recalled.id IS NOT NULL
    FROM reached LEFT JOIN recalled ON recalled.id = reached.id
    WHERE reached.id = ANY(%(works)s)
"""
MOST_FLAGS = 20


@dataclass(frozen=True, slots=True)
class Flag:
    """A recall as it reaches a work, for one reader.

    `is_named` where they may know which work was recalled, by whom and why. `path` leads
    from that work to the one that is flagged, without the latter: what was recalled
    comes first. A work on it that is not the reader's to know of is None. It is empty
    where the flagged work itself was recalled.
    """

    recall: Recall
    is_named: bool
    path: Sequence[Work | None]


@dataclass(frozen=True, slots=True)
class Flags:
    """The recalls that reach a work, the newest first; `is_cut` if there are more."""

    shown: Sequence[Flag] = ()
    is_cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.shown)

    @property
    def is_of_itself(self) -> bool:
        """The work itself was recalled, and not only what it was made from."""
        return any(not flag.path for flag in self.shown)


def flags_on(work: Work, *, user: AnyUser) -> Flags:
    """Return the recalls of a work and of all it was made from.

    Cost: one query where there are none; three where there are.
    """
    standing = Recall.objects.filter(work__in=_above(work), lifted_at__isnull=True)
    told = standing.select_related("work", "recalled_by")
    told = told.order_by("-recalled_at", "pk")
    recalls = list(told[: MOST_FLAGS + 1])
    if not recalls:
        return Flags()
    ways = _ways_down(work.pk, edges_above(work))
    paths = {recall.pk: _path(recall.work_id, ways) for recall in recalls}
    passed = {pk for path in paths.values() for pk in path}
    seen = visible_works(user).filter(pk__in=among(passed)).select_related("owner")
    known = {**seen.in_bulk(), work.pk: work}
    flags = []
    for recall in recalls:
        named = recall.work if recall.was_listed else known.get(recall.work_id)
        path = [known.get(pk) for pk in paths[recall.pk]]
        flags.append(Flag(recall, named is not None, [named, *path[1:]][: len(path)]))
    return Flags(flags[:MOST_FLAGS], is_cut=len(flags) > MOST_FLAGS)


def reached_among(works: Collection[UUID]) -> dict[UUID, bool]:
    """Return the works that a recall reaches, and whether they are recalled themselves.

    Cost: one query, however many there are and are above them.
    """
    with connection.cursor() as cursor:
        cursor.execute(REACHED, {"works": list(works)})
        return dict(cursor.fetchall())


def recalls_of(work: Work) -> QuerySet[Recall]:
    """Return the recalls of a work itself, standing and lifted, the newest first."""
    told = Recall.objects.filter(work=work).select_related("work__owner", "recalled_by")
    return told.order_by("-recalled_at", "-pk")


def find_recalled(user: AnyUser, work_id: UUID) -> Work:
    """Return a work that `user` may know of; or that was listed when it was recalled.

    Raises:
        Http404: there is none, or it is not for them to know.
    """
    seen = visible_works(user).select_related("owner", "licence")
    if found := seen.filter(pk=work_id).first():
        return found
    in_public = Recall.objects.filter(
        work=work_id, was_listed=True, lifted_at__isnull=True
    )
    told = in_public.select_related("work__owner", "work__licence").first()
    if told is None:
        raise Http404("There is no such work.")
    return told.work


def notices_to(user: User) -> QuerySet[RecallNotice]:
    """Return what a person is told of recalls that stand, the newest first.

    `first_title` on each is that of the first work concerned.
    """
    first = Work.objects.filter(pk=OuterRef("works__0")).values("title")
    told = RecallNotice.objects.filter(user=user, recall__lifted_at__isnull=True)
    told = told.annotate(first_title=Subquery(first))
    return told.select_related("recall__work__owner").order_by(
        "-recall__recalled_at", "pk"
    )


def _above(work: Work) -> RawSQL:
    """Return the ids of everything `work` was made from, itself included."""
    return RawSQL(
        """
        WITH RECURSIVE above (id) AS (
            SELECT %s::uuid
            UNION
            SELECT derivation.source_id FROM licensing_derivation derivation
            JOIN above ON derivation.work_id = above.id
        )
        SELECT id FROM above
        """,
        [work.pk],
    )


def _ways_down(start: UUID, edges: Iterable[Edge]) -> Mapping[UUID, UUID]:
    """Return by source the work that it is nearest to `start` by."""
    above: dict[UUID, list[UUID]] = {}
    for edge in edges:
        above.setdefault(edge.work_id, []).append(edge.source_id)
    down: dict[UUID, UUID] = {}
    waiting = deque([start])
    while waiting:
        made = waiting.popleft()
        for source in sorted(above.get(made, ())):
            if source not in down:
                down[source] = made
                waiting.append(source)
    return down


def _path(recalled: UUID, down: Mapping[UUID, UUID]) -> list[UUID]:
    """Return the works from the recalled one to just above the one asked about."""
    path, pk = [], recalled
    while pk in down:
        path.append(pk)
        pk = down[pk]
    return path
