"""What a work was made from, all the way up, and what those sources' licences say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.expressions import RawSQL

from licensing import terms
from licensing.book import book_for
from licensing.expressions import best
from licensing.models import (
    Entitlement,
    Party,
    Relation,
    RightsHolding,
    Share,
    Work,
)
from licensing.terms import Book, Outlet, Reading, Reason, Stance, Verdict

LINEAGE_LOCK = 7_201_633_018_244_117_301  # any number; all writers of lineage share it

EDGES = """
    WITH RECURSIVE above (id) AS (
        SELECT unnest(%(starts)s::uuid[])
        UNION
        SELECT derivation.source_id FROM licensing_derivation derivation
        JOIN above ON derivation.work_id = above.id
    ), edge (work_id, source_id, relation) AS (
        SELECT derivation.work_id, derivation.source_id, derivation.relation
        FROM above JOIN licensing_derivation derivation ON derivation.work_id = above.id
        UNION ALL
        SELECT %(work)s::uuid, proposed.* FROM
            unnest(%(sources)s::uuid[], %(relations)s::text[]) AS proposed
    )
    SELECT edge.work_id, edge.source_id, edge.relation, work.owner_id,
        source.licence_id, recall.kind, recall.recalled_at
    FROM edge
    JOIN licensing_work work ON work.id = edge.work_id
    JOIN licensing_work source ON source.id = edge.source_id
    LEFT JOIN licensing_recall recall
        ON recall.work_id = source.id AND recall.lifted_at IS NULL
"""

RIGHTS = ("may_train", "may_publish", "may_sell")

MADE = {
    Relation.COPY: terms.verbatim,
    Relation.COLLECT: terms.collect,
    Relation.ADAPT: terms.adapt,
    Relation.FINE_TUNE: terms.fine_tune,
}
DRAWN = {
    Relation.TRAIN: terms.train,
    Relation.DISTIL: terms.distil,
    Relation.GENERATE: terms.output,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A work above another one, how it got there, and the licences it was had under.

    `use` is a key of `MADE` or `DRAWN`: what was made of this source on the way, by which
    its licence is read. What was drawn from it under `unsold` alone may not be sold: the
    offer that it was had by says so. `recalled` says how and since when, if it is.
    """

    work_id: UUID
    use: Relation
    licences: frozenset[str]
    recalled: str = ""
    unsold: frozenset[str] = frozenset()

    def licences_for(self, out: Outlet) -> frozenset[str]:
        """Return the licences by which what is made of it may be given out so."""
        return self.licences - self.unsold if out.is_sold else self.licences


class _Bought(NamedTuple):
    """A licence that something was bought under, and what the offer said of insights."""

    licence: str
    may_train: bool | None
    may_publish: bool | None
    may_sell: bool | None

    def permits(self, use: Relation) -> bool:
        if use not in DRAWN or self.may_publish is None:
            return True
        return bool(self.may_publish and (self.may_train or use == Relation.GENERATE))


@dataclass(frozen=True, slots=True)
class Proposed:
    """A source that is not recorded yet, as if it were."""

    source: Work
    relation: Relation


class Weighed(NamedTuple):
    """A verdict, and the sources that leave it to a person."""

    verdict: Verdict
    doubted: frozenset[UUID]


class Edge(NamedTuple):
    """One derivation, who made the work, and what its source is under."""

    work_id: UUID
    source_id: UUID
    relation: Relation
    maker_id: UUID
    licence: str
    recalled: str


def lock_lineage() -> None:
    """Let one transaction at a time add to the lineage, so that none closes a cycle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINEAGE_LOCK])


def ancestors_of(work: Work) -> set[UUID]:
    """Return the ids of everything `work` was made from, itself included."""
    return {work.pk, *(edge.source_id for edge in edges_above(work))}


def among(ids: Iterable[UUID]) -> RawSQL:
    """Return ids as one parameter; Django would make a thousand of a thousand."""
    return RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])


def holders_of(works: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return who holds each work: its owner, the shares and the rights in force.

    Cost: two queries.
    """
    wanted = among(works)
    holders: dict[UUID, set[UUID]] = defaultdict(set)
    for work_id, owner_id in Work.objects.filter(pk__in=wanted).values_list(
        "pk", "owner_id"
    ):
        holders[work_id].add(owner_id)
    in_force = Share.objects.filter(
        share_set__work__in=wanted,
        share_set__active_from__isnull=False,
        share_set__closed_at__isnull=True,
    )
    paid = in_force.values_list("share_set__work_id", "party_id")
    rights = RightsHolding.objects.in_force().filter(work__in=wanted)
    for work_id, party_id in paid.union(rights.values_list("work_id", "party_id")):
        holders[work_id].add(party_id)
    return holders


def holder_parties(work: Work) -> list[Party]:
    """Return those whose agreement an offer of `work` needs, by name."""
    ids = holders_of([work.pk])[work.pk]
    return list(Party.objects.filter(pk__in=ids).order_by("name", "pk"))


def sources_of(work: Work, *, also: Collection[Proposed] = ()) -> list[Source]:
    """Return every source of `work`, through all generations, by each use made of it.

    Cost: two queries, however many there are.
    """
    edges = edges_above(work, also=also)
    bought = _bought(edges)
    by_work: dict[UUID, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_work[edge.work_id].append(edge)
    found: list[Source] = []
    waiting = [(work.pk, Relation.COPY)]
    seen = set(waiting)
    while waiting:
        pk, below = waiting.pop()
        for edge in by_work[pk]:
            use = _use(edge.relation, below)
            offered = bought[edge.maker_id, edge.source_id]
            had = {each for each in offered if each.permits(use)}
            free = {edge.licence, *(each.licence for each in had if _sells(each, use))}
            licences = frozenset({*free, *(each.licence for each in had)})
            unsold = licences - free
            found.append(Source(edge.source_id, use, licences, edge.recalled, unsold))
            node = (edge.source_id, use)
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return list(dict.fromkeys(found))


def edges_above(work: Work, *, also: Collection[Proposed] = ()) -> list[Edge]:
    """Return the derivations through all generations above a work.

    Of a source that was recalled more than once there is an edge for each recall.

    Cost: one query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            EDGES,
            {
                "work": work.pk,
                "starts": [work.pk, *(each.source.pk for each in also)],
                "sources": [each.source.pk for each in also],
                "relations": [str(each.relation) for each in also],
            },
        )
        return [
            Edge(
                made,
                source,
                Relation(relation),
                maker,
                licence or terms.NOBODY,
                f"{kind.lower()} on {recalled_at:%Y-%m-%d}" if kind else "",
            )
            for made, source, relation, maker, licence, kind, recalled_at in (
                cursor.fetchall()
            )
        ]


def judge(work: Work, *, out: Outlet) -> Verdict:
    """Judge giving `work` out by the licences of all its sources: see `weigh`."""
    return weigh(work, out=out).verdict


def weigh(work: Work, *, out: Outlet, also: Collection[Proposed] = ()) -> Weighed:
    """Judge giving `work` out by the licences of all its sources, and say which doubt it.

    A source is left aside if everyone who holds rights in it holds rights in `work`
    too, for they have to agree to the offer. Where a source was had under several
    licences, the one that permits most decides. What is not settled is read as the
    installation's `LICENCE_READING` says. A source that is recalled leaves it to a
    person, whoever holds it.

    Cost: five queries at most, however many sources there are.
    """
    sources = sources_of(work, also=also)
    holders = holders_of({work.pk, *(source.work_id for source in sources)})
    book = book_for({out.licence, *(each for one in sources for each in one.licences)})
    judged: dict[tuple[Relation, frozenset[str]], Verdict] = {}
    doubted = {source.work_id for source in sources if source.recalled}
    for source in sources:
        if holders[source.work_id] <= holders[work.pk]:
            continue
        way = (source.use, source.licences_for(out))
        if way not in judged:
            judged[way] = best(list(options(*way, out, book)))
        if judged[way].stance is Stance.WARN:
            doubted.add(source.work_id)
    recalls = (_recalled(each) for each in {source.recalled for source in sources})
    verdict = reduce(Verdict.__or__, [*judged.values(), *recalls], terms.ALLOW)
    return Weighed(verdict, frozenset(doubted))


def _recalled(how: str) -> Verdict:
    if not how:
        return terms.ALLOW
    says = "what is made of it is flagged; see the lineage for why"
    reason = Reason("A source", how, says)
    return Verdict(Stance.WARN, reasons=frozenset({reason}))


def _use(nearest: Relation, below: Relation) -> Relation:
    """Return what was made of a source, from its own edge and from what followed.

    A model or an insight stays one, whatever is done with it; a model whose weights began
    as another's stays fine-tuned from it. What is held unchanged keeps its own licence,
    until what holds it is changed.
    """
    if nearest in DRAWN:
        return nearest
    if nearest == Relation.COPY or below in DRAWN:
        return below
    if nearest == Relation.COLLECT and below in (Relation.COPY, Relation.COLLECT):
        return Relation.COLLECT
    if Relation.FINE_TUNE in (nearest, below):
        return Relation.FINE_TUNE
    return Relation.ADAPT


def options(
    use: Relation, licences: Iterable[str], out: Outlet, book: Book
) -> Iterator[Verdict]:
    reading = Reading(settings.STOA.licence_reading)
    for licence in licences:
        if use in DRAWN:
            yield DRAWN[use]([licence], out=out, reading=reading, book=book)
        else:
            yield MADE[use]([licence], out=out, book=book)


def _sells(bought: _Bought, use: Relation) -> bool:
    return use not in DRAWN or bought.may_sell is not False


def _bought(edges: Collection[Edge]) -> dict[tuple[UUID, UUID], set[_Bought]]:
    """Return by (maker, source) what makers bought their sources under; trials are none."""
    bought: dict[tuple[UUID, UUID], set[_Bought]] = defaultdict(set)
    if not edges:
        return bought
    rows = Entitlement.objects.filter(
        holder__in=among({edge.maker_id for edge in edges}),
        offer__work__in=among({edge.source_id for edge in edges}),
        revoked_at__isnull=True,
        is_trial=False,
    ).values_list(
        "holder_id",
        "offer__work_id",
        *(f"line__offer_version__{each}" for each in ("licence_id", *RIGHTS)),
    )
    for maker, source, *said in rows:
        bought[maker, source].add(_Bought(*said))
    return bought
