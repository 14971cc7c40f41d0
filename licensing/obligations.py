"""What whoever takes a work owes, to it and to all that it was made from."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from licensing import terms
from licensing.book import book_for
from licensing.expressions import best
from licensing.facts import DECLARED, OWN_TERMS
from licensing.lineage import Source, holders_of, options, sources_of
from licensing.models import Derivation, Licence, LicenceText, Offer, Work
from licensing.permissions import AnyUser, visible_works
from licensing.queries import book_seen_by
from licensing.terms import Book, Outlet, Reason, Stance, Verdict
from licensing.usage import live_offers


@dataclass(frozen=True, slots=True)
class Parent:
    """A source of the work, near or far, and what its licences ask of a taker.

    Where it was had under several licences, `verdict` is that of the one that permits
    most. Those who hold a source of their own may ask less of takers than it says.
    `recalled` says how and since when, if it is.
    """

    work: Work
    uses: tuple[str, ...]
    licences: tuple[str, ...]
    verdict: Verdict
    is_own: bool
    recalled: str


@dataclass(frozen=True, slots=True)
class Obligations:
    """What a work was made from, upwards, and what is owed, as one reader may know it.

    `parents` come with the nearest first, `edges` between them and the work. Of sources
    that the reader may not know of, `undisclosed` is what they ask, and nothing more.
    `texts` are the words of all licences named, by id, and those that offers add.
    """

    work: Work
    offers: Sequence[Offer]
    parents: Sequence[Parent]
    edges: Sequence[Derivation]
    undisclosed: Verdict | None
    texts: Mapping[str, LicenceText]
    book: Book


def obligations_of(work: Work, *, user: AnyUser) -> Obligations:
    """Return what is owed by whoever takes `work`, as far as `user` may know it.

    The duties of sources they may not know of are told as well, for they bind too; which
    works those are is not, nor terms that their owners declared.

    Args:
        work: with its `owner` and `licence`.
        user: who asks, and may know of the work.

    Cost: some ten queries, however many sources there are.
    """
    offers = live_offers(work, user=user)
    found: dict[UUID, list[Source]] = defaultdict(list)
    for source in sources_of(work):
        found[source.work_id].append(source)
    seen, edges = _seen_above(work, found, user)
    holders = holders_of({work.pk, *found})
    outs = _outlets(work, offers)
    licences = {one for each in found.values() for way in each for one in way.licences}
    book = book_for({*licences, *(out.licence for out in outs)})
    known = book_seen_by(user, book)
    asked = {pk: _told(_asked(ways, outs, book), known) for pk, ways in found.items()}
    had = {
        pk: {one for way in ways for one in way.licences if _is_known(one, known)}
        for pk, ways in found.items()
    }
    parents = [
        Parent(
            work=parent,
            uses=tuple(sorted({way.use for way in found[pk]})),
            licences=tuple(sorted(had[pk])),
            verdict=asked[pk],
            is_own=holders[pk] <= holders[work.pk],
            recalled=_recalled(found[pk]),
        )
        for pk, parent in seen.items()
    ]
    hidden = [asked[pk] | _flag(found[pk]) for pk in found if pk not in seen]
    return Obligations(
        work=work,
        offers=offers,
        parents=parents,
        edges=edges,
        undisclosed=reduce(Verdict.__or__, hidden) if hidden else None,
        texts=_texts(work, offers, {one for each in had.values() for one in each}),
        book=book,
    )


def _seen_above(
    work: Work, found: Iterable[UUID], user: AnyUser
) -> tuple[dict[UUID, Work], list[Derivation]]:
    """Return the sources `user` may know of, the nearest first, and the edges between.

    What is reached only by way of works they may not know of is not among them.
    """
    ids = [work.pk, *found]
    visible = visible_works(user).filter(pk__in=ids)
    known = {**visible.select_related("owner", "licence").in_bulk(), work.pk: work}
    above: dict[UUID, list[Derivation]] = defaultdict(list)
    rows = Derivation.objects.filter(work__in=ids, source__in=ids)
    for edge in rows.order_by("recorded_at", "pk"):
        if known.keys() >= {edge.work_id, edge.source_id}:
            edge.work, edge.source = known[edge.work_id], known[edge.source_id]
            above[edge.work_id].append(edge)
    reached: dict[UUID, Work] = {}
    edges: list[Derivation] = []
    waiting = deque([work.pk])
    while waiting:
        for edge in above.pop(waiting.popleft(), []):
            edges.append(edge)
            if edge.source_id not in reached:
                reached[edge.source_id] = edge.source
                waiting.append(edge.source_id)
    return reached, edges


def _outlets(work: Work, offers: Iterable[Offer]) -> list[Outlet]:
    """Return how the work is given out; without licence and offers, on its own terms."""
    outs = [Outlet(work.licence_id)] if work.licence_id else []
    outs += [
        Outlet(offer.terms.licence_id, is_sold=offer.price.judged_minor > 0)
        for offer in offers
    ]
    return list(dict.fromkeys(outs)) or [Outlet(OWN_TERMS)]


def _asked(ways: Iterable[Source], outs: Iterable[Outlet], book: Book) -> Verdict:
    verdicts = (
        best(list(options(way.use, sorted(way.licences), out, book)))
        for way in ways
        for out in outs
    )
    return reduce(Verdict.__or__, verdicts, terms.ALLOW)


def _recalled(ways: Iterable[Source]) -> str:
    return ", ".join(sorted({way.recalled for way in ways if way.recalled}))


def _flag(ways: Iterable[Source]) -> Verdict:
    """Return that a source is recalled, without which it is."""
    how = _recalled(ways)
    reason = Reason("A source", how, "ask before you build on it")
    return Verdict(Stance.ALLOW, reasons=frozenset({reason} if how else ()))


def _told(verdict: Verdict, book: Book) -> Verdict:
    """Return a verdict without reasons that name declared terms that are not in `book`."""
    told = (each for each in verdict.reasons if _is_known(each.licence, book))
    return Verdict(verdict.stance, verdict.duties, frozenset(told))


def _is_known(licence: str, book: Book) -> bool:
    return licence in book or not licence.startswith(DECLARED)


def _texts(
    work: Work, offers: Iterable[Offer], licences: Iterable[str]
) -> dict[str, LicenceText]:
    named = {*licences, *([work.licence_id] if work.licence_id else [])}
    rows = Licence.objects.filter(pk__in=named).select_related("text")
    texts = {row.pk: row.text for row in rows}
    ordered = {offer.terms.licence_text_id: offer.terms.licence_id for offer in offers}
    ordered |= {
        offer.terms.terms_text_id: f"{offer.terms.title}, the offer’s own terms"
        for offer in offers
        if offer.terms.terms_text_id
    }
    for pk, text in LicenceText.objects.in_bulk(list(ordered)).items():
        texts[ordered[pk]] = text  # the words that are accepted, should they be older
    return dict(sorted(texts.items()))
