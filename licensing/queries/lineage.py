"""What a work was made from and what was made of it, as one reader may know it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from uuid import UUID

from django.db import connection

from licensing.models import Derivation, Work
from licensing.permissions import AnyUser, visible_works
from licensing.queries.recalls import reached_among

MOST_WORKS = 100
FAMILY = """
    WITH RECURSIVE above (id) AS (
        SELECT %(work)s::uuid
        UNION
        SELECT derivation.source_id FROM licensing_derivation derivation
        JOIN above ON derivation.work_id = above.id
    ), below (id) AS (
        SELECT %(work)s::uuid
        UNION
        SELECT derivation.work_id FROM licensing_derivation derivation
        JOIN below ON derivation.source_id = below.id
    )
    (SELECT id FROM above LIMIT %(most)s) UNION (SELECT id FROM below LIMIT %(most)s)
"""
MOST_LOOKED_AT = 2000  # in each direction


@dataclass(frozen=True, slots=True)
class Lineage:
    """The family of a work.

    `levels` are its works, sources before what was made of them, each level by title;
    `edges` lie between these works, with `work` and `source` on each. `hidden_sources`
    of the work itself are not the reader's to know. `is_cut`: there are more works than
    the `MOST_WORKS` nearest, which are here. `reached` are those of them that a recall
    reaches, and whether they are recalled themselves.
    """

    work: Work
    levels: list[list[Work]]
    edges: list[Derivation]
    hidden_sources: int
    is_cut: bool
    reached: Mapping[UUID, bool]


def lineage_of(work: Work, *, user: AnyUser) -> Lineage:
    """Return the sources of `work` and what was made of it, through all generations.

    What is reached only by way of works that `user` may not know of is left out.

    Cost: four queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, {"work": work.pk, "most": MOST_LOOKED_AT})
        family = [row[0] for row in cursor.fetchall()]
    edges = list(Derivation.objects.filter(work__in=family, source__in=family))
    seen = visible_works(user).filter(pk__in=family).select_related("owner")
    known = {**seen.in_bulk(), work.pk: work}
    open_edges = [
        edge for edge in edges if known.keys() >= {edge.work_id, edge.source_id}
    ]
    near = _reached(work.pk, open_edges)
    shown = set(near[:MOST_WORKS])
    kept = [edge for edge in open_edges if shown >= {edge.work_id, edge.source_id}]
    for edge in kept:
        edge.work, edge.source = known[edge.work_id], known[edge.source_id]
    direct = {edge.source_id for edge in edges if edge.work_id == work.pk}
    return Lineage(
        work=work,
        levels=_levels([known[pk] for pk in near[:MOST_WORKS]], kept),
        edges=sorted(kept, key=lambda edge: (edge.work.title, edge.source.title)),
        hidden_sources=len(direct - known.keys()),
        is_cut=len(near) > MOST_WORKS,
        reached=reached_among(shown),
    )


def _reached(start: UUID, edges: Iterable[Derivation]) -> list[UUID]:
    """Return what is above or below `start`, the nearest first, itself included."""
    above: dict[UUID, list[UUID]] = defaultdict(list)
    below: dict[UUID, list[UUID]] = defaultdict(list)
    for edge in edges:
        above[edge.work_id].append(edge.source_id)
        below[edge.source_id].append(edge.work_id)
    waiting = deque([(start, above), (start, below)])
    found = {start: None}
    while waiting:
        pk, way = waiting.popleft()
        for beyond in way[pk]:
            if beyond not in found:
                found[beyond] = None
                waiting.append((beyond, way))
    return list(found)


def _levels(works: list[Work], edges: Iterable[Derivation]) -> list[list[Work]]:
    sources: dict[UUID, set[UUID]] = {work.pk: set() for work in works}
    for edge in edges:
        sources[edge.work_id].add(edge.source_id)
    level: dict[UUID, int] = {}
    for pk in TopologicalSorter(sources).static_order():
        level[pk] = max((level[source] + 1 for source in sources[pk]), default=0)
    found: list[list[Work]] = [[] for _ in range(max(level.values()) + 1)]
    for work in sorted(works, key=lambda work: (work.title, str(work.pk))):
        found[level[work.pk]].append(work)
    return found
