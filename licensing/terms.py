"""What each licence permits, what may be combined, and what is then owed. Pure.

One frozen record of clause-level facts per licence and a handful of rules over them. A
verdict over several inputs is the worst of theirs and its duties are the union, so a
further input never softens it and order does not matter. A licence without a record is
denied: terms we have not read are never widened. Engineering, not legal advice.

`book` is where the records are; it defaults to those in the tree, and whoever judges
terms that owners declared here adds those.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import reduce

from licensing.facts import Facts, Results
from licensing.licence_facts import BOOK, CC

NOBODY = "NONE"
EACH_ITS_OWN = "*each-own*"
Book = Mapping[str, Facts]


class Stance(IntEnum):
    """How a verdict falls, from best to worst."""

    ALLOW = 0
    OBLIGATIONS = 1
    WARN = 2
    DENY = 3


class Reading(Enum):
    """How what is not settled is read: as open, or as if it bound."""

    NEUTRAL = "neutral"
    STRICT = "strict"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """The clause a verdict rests on, and what it says, for people."""

    licence: str
    clause: str
    says: str

    def __str__(self) -> str:
        return f"{self.licence} ({self.clause}): {self.says}"


@dataclass(frozen=True, slots=True)
class Verdict:
    stance: Stance
    duties: frozenset[str] = frozenset()
    reasons: frozenset[Reason] = frozenset()

    def __or__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            max(self.stance, other.stance),
            self.duties | other.duties,
            self.reasons | other.reasons,
        )

    def told(self) -> list[str]:
        """Return the reasons as sentences, in a fixed order."""
        return [str(reason) for reason in sorted(self.reasons)]


@dataclass(frozen=True, slots=True)
class Outlet:
    """How something is to be given out: under which licence, and on top of it what."""

    licence: str
    is_sold: bool = False
    has_extra_terms: bool = False


ALLOW = Verdict(Stance.ALLOW)
NEUTRAL = Reading.NEUTRAL


def adapt(inputs: Collection[str], *, out: Outlet, book: Book = BOOK) -> Verdict:
    """Judge giving out an adaptation or merger of `inputs` (licence ids)."""
    return _worst(inputs, book, lambda facts: _adapt_one(facts, out, book))


def verbatim(inputs: Collection[str], *, out: Outlet, book: Book = BOOK) -> Verdict:
    """Judge giving out unmodified copies of `inputs` (licence ids)."""
    return _worst(inputs, book, lambda facts: _verbatim_one(facts, out, book))


def collect(inputs: Collection[str], *, out: Outlet, book: Book = BOOK) -> Verdict:
    """Judge giving out a collection in which each of `inputs` keeps its own licence.

    `out.licence` is that of the arrangement, or `EACH_ITS_OWN`.
    """
    return _worst(inputs, book, lambda facts: _collect_one(facts, out, book))


def display(inputs: Collection[str], *, out: Outlet, book: Book = BOOK) -> Verdict:
    """Judge showing `inputs` to people as content, which is more than computing on it."""
    return _worst(inputs, book, lambda facts: _display_one(facts, out, book))


def train(
    inputs: Collection[str],
    *,
    out: Outlet,
    reading: Reading = NEUTRAL,
    book: Book = BOOK,
) -> Verdict:
    """Judge giving out a model trained on `inputs`."""

    def judged(facts: Facts) -> Verdict:
        said = _Said(facts.results, facts.result_duties, "results")
        return _drawn_one(facts, said, out, reading, book)

    return _worst(inputs, book, judged)


def output(
    inputs: Collection[str],
    *,
    out: Outlet,
    reading: Reading = NEUTRAL,
    book: Book = BOOK,
) -> Verdict:
    """Judge giving out insights drawn from `inputs`, or what models under them made."""

    def judged(facts: Facts) -> Verdict:
        return _drawn_one(facts, _of_outputs(facts), out, reading, book)

    return _worst(inputs, book, judged)


def distil(
    inputs: Collection[str],
    *,
    out: Outlet,
    reading: Reading = NEUTRAL,
    book: Book = BOOK,
) -> Verdict:
    """Judge giving out a model taught by what models under `inputs` answer."""

    def judged(facts: Facts) -> Verdict:
        return _drawn_one(facts, _of_distilled(facts), out, reading, book)

    return _worst(inputs, book, judged)


def fine_tune(inputs: Collection[str], *, out: Outlet, book: Book = BOOK) -> Verdict:
    """Judge giving out a model whose weights began as those of models under `inputs`."""
    return adapt(inputs, out=out, book=book)


def owner_offer(*, missing_consents: Collection[str]) -> Verdict:
    """Judge an offer that owners make of what is theirs: everyone must have agreed."""
    return reduce(
        Verdict.__or__,
        (
            _denied(name, "ownership", "a rights holder has not agreed to this offer")
            for name in missing_consents
        ),
        ALLOW,
    )


def charge_later(licence: str, *, book: Book = BOOK) -> Verdict:
    """Judge charging from now on for what was given out under `licence` before."""
    facts = book.get(licence)
    if facts is None:
        return unread(licence)
    if not facts.is_irrevocable:
        says = "nothing in it was given away for good"
        return _verdict(Stance.ALLOW, facts, "irrevocable", says, frozenset())
    says = (
        "the free grant cannot be taken back: who has a copy keeps it under these "
        "terms, and may pass it on where they allow it"
    )
    return _verdict(
        Stance.WARN, facts, "irrevocable", says, frozenset({"irrevocable-free-grant"})
    )


def unread(licence: str) -> Verdict:
    """Deny what came without a licence, or under one that we hold no facts on."""
    if licence in ("", NOBODY):
        return _denied(NOBODY, "no licence", "without one all rights are reserved")
    says = "known or not, its terms have not been read here, so nothing is built on it"
    return _denied(licence, "not analysed", says)


def _worst(
    inputs: Collection[str], book: Book, judge: Callable[[Facts], Verdict]
) -> Verdict:
    found = ((licence, book.get(licence)) for licence in inputs)
    verdicts = (judge(facts) if facts else unread(one) for one, facts in found)
    return reduce(Verdict.__or__, verdicts) if inputs else ALLOW


def _adapt_one(  # noqa: PLR0911  one rule, one exit
    facts: Facts, out: Outlet, book: Book
) -> Verdict:
    outbound = book.get(out.licence)
    if outbound is None:
        return unread(out.licence)
    if not facts.permits_derivatives:
        return _deny(facts, "derivatives", "adaptations may not be given to others")
    if out.is_sold and not facts.permits_sale:
        return _deny(facts, "commercial", "it may not be sold by others")
    if facts.adapt_to is not None:
        return _alike(facts, facts.adapt_to, out)
    if not facts.permits_commercial_use and outbound.permits_commercial_use:
        return _loosened(facts, outbound)
    if not _carries(facts, outbound):
        says = f"its restrictions on use must bind recipients, and {outbound.id} cannot"
        return _deny(facts, "carried", says)
    if outbound.is_dedication and facts.copy_duties and not facts.permits_relicensing:
        says = f"{outbound.id} can give away what was added, and not the original"
        return _if_decided(facts, "dedication", says)
    if out.licence in facts.unsettled_to:
        says = f"whether an adaptation may be under {out.licence} is not settled"
        return _if_decided(facts, "unsettled", says)
    return _owing(facts, facts.adapt_duties, "adapt")


def _alike(facts: Facts, adapt_to: frozenset[str], out: Outlet) -> Verdict:
    if out.licence not in adapt_to:
        wanted = " or ".join(sorted(adapt_to))
        return _deny(facts, "adapt", f"an adaptation must be under {wanted}")
    if out.has_extra_terms and facts.forbids_extra_terms:
        topic = "extra adapted" if "extra adapted" in facts.clauses else "extra"
        return _deny(facts, topic, "no terms may be added to it")
    return _owing(facts, facts.adapt_duties, "adapt")


def _carries(facts: Facts, outbound: Facts) -> bool:
    """Whether terms bind those who receive the work to the restrictions on its use."""
    return (
        facts.carried_by is None
        or outbound.id in facts.carried_by
        or outbound.carries_restrictions
    )


def _loosened(facts: Facts, outbound: Facts) -> Verdict:
    """Judge terms that drop the non-commercial limit of what they are put on.

    Creative Commons' chart for adapters tolerates it among its own licences, if marked,
    and does not recommend it, since the limit on the original binds recipients still.
    """
    if outbound.id not in CC or facts.id not in CC:
        return _deny(facts, "commercial", "an adaptation must stay non-commercial")
    if outbound.is_dedication:
        says = f"{outbound.id} can give away what was added, and not the original"
        return _if_decided(facts, "dedication", says)
    says = f"its non-commercial limit still binds what {outbound.id} would set free"
    return _if_decided(facts, "commercial", says, "mark-mixed-terms")


def _if_decided(facts: Facts, topic: str, says: str, *further: str) -> Verdict:
    """Leave it to a person, who then owes what copies owe; the rest is in the reasons."""
    owing = _owing(facts, facts.adapt_duties, "adapt")
    return Verdict(
        Stance.WARN,
        frozenset((*facts.copy_duties, *further)),
        owing.reasons | {_reason(facts, topic, says)},
    )


def _verbatim_one(facts: Facts, out: Outlet, book: Book) -> Verdict:
    if not facts.permits_copies:
        return _deny(facts, "copy", "copies may not be given to others")
    if out.licence not in book:
        return unread(out.licence)
    if out.licence != facts.id and not facts.permits_relicensing:
        return _deny(facts, "copy", "a copy stays under the licence it came with")
    if out.is_sold and not facts.permits_sale:
        return _deny(facts, "commercial", "it may not be sold by others")
    if out.has_extra_terms and facts.forbids_extra_terms:
        return _deny(facts, "extra", "no terms or locks may be added to a copy")
    return _owing(facts, facts.copy_duties, "copy")


def _collect_one(facts: Facts, out: Outlet, book: Book) -> Verdict:
    if out.licence != EACH_ITS_OWN and out.licence not in book:
        return unread(out.licence)
    own = Outlet(facts.id, out.is_sold, out.has_extra_terms)
    verdict = _verbatim_one(facts, own, {facts.id: facts})
    if facts.permits_relicensing or verdict.stance is Stance.DENY:
        return verdict
    says = "it stays apart in a collection, under the licence it came with"
    apart = frozenset({"keep-separate"})
    return verdict | _verdict(Stance.OBLIGATIONS, facts, "copy", says, apart)


def _display_one(facts: Facts, out: Outlet, book: Book) -> Verdict:
    if facts.is_computational_only:
        return _deny(facts, "computing", "it is for computing on, not for showing")
    return _verbatim_one(facts, out, book)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a licence says of one thing drawn from a work, and under which topic."""

    results: Results
    duties: tuple[str, ...]
    topic: str


def _of_outputs(facts: Facts) -> _Said:
    if facts.outputs is None:
        return _Said(facts.results, facts.result_duties, "results")
    return _Said(facts.outputs, facts.output_duties, "outputs")


def _of_distilled(facts: Facts) -> _Said:
    if facts.distilled is None:
        return _Said(facts.results, facts.result_duties, "results")
    return _Said(facts.distilled, facts.distil_duties, "distilled")


def _drawn_one(
    facts: Facts, said: _Said, out: Outlet, reading: Reading, book: Book
) -> Verdict:
    if out.licence not in book:
        return unread(out.licence)
    if said.results is Results.FORBIDDEN:
        return _deny(facts, said.topic, "what is drawn from it may not be given out so")
    if said.results is Results.ADAPTATION:
        return _counted(facts, said) | _adapt_one(facts, out, book)
    if said.results is Results.UNSETTLED:
        return _unsettled(facts, said, out, reading, book)
    return _owing(facts, said.duties, said.topic)


def _counted(facts: Facts, said: _Said) -> Verdict:
    says = "it counts as a changed form of the work"
    return Verdict(Stance.ALLOW, reasons=frozenset({_reason(facts, said.topic, says)}))


def _unsettled(
    facts: Facts, said: _Said, out: Outlet, reading: Reading, book: Book
) -> Verdict:
    """Judge where a text is silent: what would satisfy it if it bound is not in doubt.

    Read strictly, what was drawn is held to what an adaptation is held to.
    """
    bound = _adapt_one(facts, out, book)
    if bound.stance <= Stance.OBLIGATIONS:
        duties = frozenset((*said.duties, *facts.adapt_duties)) - {"indicate-changes"}
        says = f"kept to as if it bound: {', '.join(sorted(duties)).replace('-', ' ')}"
        return _verdict(Stance.OBLIGATIONS, facts, said.topic, says, duties)
    if reading is Reading.STRICT:
        return bound
    says = "whether its limits reach what is drawn from it is not settled"
    return _verdict(Stance.WARN, facts, said.topic, says, frozenset(said.duties))


def _owing(facts: Facts, duties: tuple[str, ...], topic: str) -> Verdict:
    if not duties:
        says = "permitted, and nothing is owed"
        return _verdict(Stance.ALLOW, facts, topic, says, frozenset())
    says = f"owed: {', '.join(duties).replace('-', ' ')}"
    return _verdict(Stance.OBLIGATIONS, facts, topic, says, frozenset(duties))


def _verdict(
    stance: Stance, facts: Facts, topic: str, says: str, duties: frozenset[str]
) -> Verdict:
    return Verdict(stance, duties, frozenset({_reason(facts, topic, says)}))


def _deny(facts: Facts, topic: str, says: str) -> Verdict:
    return _verdict(Stance.DENY, facts, topic, says, frozenset())


def _denied(licence: str, clause: str, says: str) -> Verdict:
    return Verdict(Stance.DENY, reasons=frozenset({Reason(licence, clause, says)}))


def _reason(facts: Facts, topic: str, says: str) -> Reason:
    return Reason(facts.id, facts.clauses.get(topic, "whole text"), says)
