"""What a work was made from, all the way up, and what those sources' licences say."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from django.db import connection

from licensing import terms
from licensing.book import book_for
from licensing.expressions import best
from licensing.models import (
    Derivation,
    Entitlement,
    Party,
    Relation,
    RightsHolding,
    Share,
    Work,
)
from licensing.terms import Book, Outlet, Verdict

LINEAGE_LOCK = 7_201_633_018_244_117_301  # any number; all writers of lineage share it

ANCESTORS = """
    WITH RECURSIVE above (id) AS (
        SELECT %s::uuid
        UNION
        SELECT derivation.source_id FROM licensing_derivation derivation
        JOIN above ON derivation.work_id = above.id
    )
    SELECT id FROM above
"""

RESULTS = frozenset({Relation.TRAIN, Relation.DISTIL, Relation.GENERATE})
JUDGED: dict[Relation, Callable[..., Verdict]] = {
    Relation.COPY: terms.verbatim,
    Relation.ADAPT: terms.adapt,
    Relation.FINE_TUNE: terms.fine_tune,
    Relation.TRAIN: terms.train,
    Relation.DISTIL: terms.distil,
    Relation.GENERATE: terms.output,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A work above another one, how it got there, and the licences it was had under.

    `use` is a key of `JUDGED`: what was made of this source on the way, by which its
    licence is read.
    """

    work: Work
    use: Relation
    licences: frozenset[str]


def lock_lineage() -> None:
    """Let one transaction at a time add to the lineage, so that none closes a cycle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINEAGE_LOCK])


def ancestors_of(work: Work) -> set[UUID]:
    """Return the ids of everything `work` was made from, itself included."""
    with connection.cursor() as cursor:
        cursor.execute(ANCESTORS, [work.pk])
        return {row[0] for row in cursor.fetchall()}


def holders_of(works: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return who holds each work: its owner, the shares and the rights in force.

    Cost: two queries.
    """
    wanted = list(works)
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


def sources_of(work: Work) -> list[Source]:
    """Return every source of `work`, through all generations.

    Cost: two queries a generation.
    """
    found: list[Source] = []
    seen: set[tuple[UUID, Relation]] = set()
    level = {(work.pk, Relation.COPY)}
    while level:
        edges = Derivation.objects.filter(work__in={pk for pk, _ in level})
        edges = edges.select_related("work", "source__owner")
        by_work = defaultdict(list)
        for edge in edges:
            by_work[edge.work_id].append(edge)
        bought = _bought(edge for each in by_work.values() for edge in each)
        above: set[tuple[UUID, Relation]] = set()
        for pk, below in level:
            for edge in by_work[pk]:
                use = _use(Relation(edge.relation), below)
                node = (edge.source_id, use)
                if node in seen:
                    continue
                open_licence = edge.source.licence_id or terms.NOBODY
                licences = {open_licence, *bought[edge.work.owner_id, edge.source_id]}
                found.append(Source(edge.source, use, frozenset(licences)))
                above.add(node)
        seen |= above
        level = above
    return found


def judge(work: Work, *, out: Outlet) -> Verdict:
    """Judge giving `work` out by the licences of all its sources.

    A source is left aside if everyone who holds rights in it holds rights in `work`
    too, for they have to agree to the offer. Where a source was had under several
    licences, the one that permits most decides.
    """
    sources = sources_of(work)
    holders = holders_of({work.pk, *(source.work.pk for source in sources)})
    book = book_for({out.licence, *(each for one in sources for each in one.licences)})
    verdicts = (
        _judge_one(source, out, book)
        for source in sources
        if not holders[source.work.pk] <= holders[work.pk]
    )
    return reduce(Verdict.__or__, verdicts, terms.ALLOW)


def _use(nearest: Relation, below: Relation) -> Relation:
    """Return what was made of a source, from its own edge and from what followed.

    A model or an insight stays one, whatever is done with it; a model whose weights began
    as another's stays fine-tuned from it.
    """
    if nearest in RESULTS:
        return nearest
    if nearest == Relation.COPY or below in RESULTS:
        return below
    if Relation.FINE_TUNE in (nearest, below):
        return Relation.FINE_TUNE
    return Relation.ADAPT


def _judge_one(source: Source, out: Outlet, book: Book) -> Verdict:
    return best(list(_options(source, out, book)))


def _options(source: Source, out: Outlet, book: Book) -> Iterator[Verdict]:
    for licence in source.licences:
        yield JUDGED[source.use]([licence], out=out, book=book)


def _bought(edges: Iterable[Derivation]) -> dict[tuple[UUID, UUID], set[str]]:
    """Return by (maker, source) the licences that makers bought their sources under."""
    pairs = [(edge.work.owner_id, edge.source_id) for edge in edges]
    rows = Entitlement.objects.filter(
        holder__in={maker for maker, _ in pairs},
        offer__work__in={source for _, source in pairs},
        revoked_at__isnull=True,
    ).values_list("holder_id", "offer__work_id", "line__offer_version__licence_id")
    bought: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
    for maker, source, licence_id in rows:
        bought[maker, source].add(licence_id)
    return bought
