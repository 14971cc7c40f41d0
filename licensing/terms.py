"""What each licence permits, what may be combined, and what is then owed. Pure.

One frozen record of clause-level facts per licence and a handful of rules over them. A
verdict over several inputs is the worst of theirs and its duties are the union, so a
further input never softens it and order does not matter. A licence without a record is
denied: terms we have not read are never widened. Engineering, not legal advice.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import reduce

from licensing.facts import Facts, Results
from licensing.licence_facts import BY_ID, CC

NOBODY = "NONE"


class Stance(IntEnum):
    """How a verdict falls, from best to worst."""

    ALLOW = 0
    OBLIGATIONS = 1
    WARN = 2
    DENY = 3


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


def adapt(inputs: Collection[str], *, out: Outlet) -> Verdict:
    """Judge giving out an adaptation or merger of `inputs` (licence ids)."""
    return _worst(inputs, lambda facts: _adapt_one(facts, out))


def verbatim(inputs: Collection[str], *, out: Outlet) -> Verdict:
    """Judge giving out unmodified copies of `inputs` (licence ids)."""
    return _worst(inputs, lambda facts: _verbatim_one(facts, out))


def train(inputs: Collection[str]) -> Verdict:
    """Judge giving out a model trained on `inputs`, reading the law neutrally."""
    return _worst(inputs, _train_one)


def owner_offer(*, missing_consents: Collection[str]) -> Verdict:
    """Judge an offer that owners make of what is theirs: everyone must have agreed."""
    return reduce(
        Verdict.__or__,
        (
            _deny(name, "ownership", "a rights holder has not agreed to this offer")
            for name in missing_consents
        ),
        ALLOW,
    )


def charge_later(licence: str) -> Verdict:
    """Judge charging from now on for what was given out under `licence` before."""
    facts = BY_ID.get(licence)
    if facts is None:
        return _unread(licence)
    if not facts.is_irrevocable:
        return ALLOW
    says = (
        "the free grant cannot be taken back: who has a copy keeps it under these "
        "terms, and may pass it on where they allow it"
    )
    return Verdict(
        Stance.WARN,
        frozenset({"irrevocable-free-grant"}),
        frozenset({_reason(facts, "irrevocable", says)}),
    )


def _worst(inputs: Iterable[str], judge: Callable[[Facts], Verdict]) -> Verdict:
    verdicts = (
        judge(BY_ID[licence]) if licence in BY_ID else _unread(licence)
        for licence in inputs
    )
    return reduce(Verdict.__or__, verdicts, ALLOW)


def _adapt_one(facts: Facts, out: Outlet) -> Verdict:  # noqa: PLR0911  one rule, one exit
    outbound = BY_ID.get(out.licence)
    if not facts.permits_derivatives:
        return _deny(facts, "derivatives", "adaptations may not be given to others")
    if out.is_sold and not facts.permits_sale:
        return _deny(facts, "commercial", "it may not be sold by others")
    if facts.adapt_to is not None:
        if out.licence not in facts.adapt_to:
            wanted = " or ".join(sorted(facts.adapt_to))
            return _deny(facts, "adapt", f"an adaptation must be under {wanted}")
        if out.has_extra_terms and facts.forbids_extra_terms:
            return _deny(facts, "extra", "no terms may be added to it")
        return _owing(facts, facts.adapt_duties, "adapt")
    if outbound is None:
        return _unread(out.licence)
    if not facts.permits_commercial_use and outbound.permits_commercial_use:
        return _loosened(facts, outbound)
    if out.licence in facts.unsettled_to:
        says = f"whether an adaptation may be under {out.licence} is not settled"
        owing = _owing(facts, facts.adapt_duties, "adapt")
        return owing | _warn(facts, "unsettled", says)
    return _owing(facts, facts.adapt_duties, "adapt")


def _loosened(facts: Facts, outbound: Facts) -> Verdict:
    """Judge terms that drop the non-commercial limit of what they are put on.

    Creative Commons' chart for adapters tolerates it among its own licences, if marked,
    and does not recommend it, since the limit on the original binds recipients still.
    """
    if outbound.id not in CC:
        return _deny(facts, "commercial", "an adaptation must stay non-commercial")
    duties = set(facts.adapt_duties)
    if not outbound.is_dedication:
        duties.add("mark-mixed-terms")
    says = f"its non-commercial limit still binds what {outbound.id} would set free"
    return Verdict(
        Stance.WARN,
        frozenset(duties),
        frozenset({_reason(facts, "commercial", says)}),
    )


def _verbatim_one(facts: Facts, out: Outlet) -> Verdict:
    if not facts.permits_copies:
        return _deny(facts, "copy", "copies may not be given to others")
    if out.licence != facts.id and not facts.permits_relicensing:
        return _deny(facts, "copy", "a copy stays under the licence it came with")
    if out.licence not in BY_ID:
        return _unread(out.licence)
    if out.is_sold and not facts.permits_sale:
        return _deny(facts, "commercial", "it may not be sold by others")
    if out.has_extra_terms and facts.forbids_extra_terms:
        return _deny(facts, "extra", "no terms or locks may be added to a copy")
    return _owing(facts, facts.copy_duties, "copy")


def _train_one(facts: Facts) -> Verdict:
    owing = _owing(facts, facts.result_duties, "results")
    if facts.results is Results.FORBIDDEN:
        return _deny(facts, "results", "models trained on it may not be given out")
    if facts.results is Results.UNSETTLED:
        says = "whether its limits reach a trained model is not settled"
        return owing | _warn(facts, "results", says)
    return owing


def _owing(facts: Facts, duties: tuple[str, ...], topic: str) -> Verdict:
    if not duties:
        return ALLOW
    says = f"owed: {', '.join(duties).replace('-', ' ')}"
    return Verdict(
        Stance.OBLIGATIONS,
        frozenset(duties),
        frozenset({_reason(facts, topic, says)}),
    )


def _warn(facts: Facts, topic: str, says: str) -> Verdict:
    return Verdict(Stance.WARN, reasons=frozenset({_reason(facts, topic, says)}))


def _deny(facts: Facts | str, topic: str, says: str) -> Verdict:
    reason = (
        Reason(facts, topic, says)
        if isinstance(facts, str)
        else _reason(facts, topic, says)
    )
    return Verdict(Stance.DENY, reasons=frozenset({reason}))


def _unread(licence: str) -> Verdict:
    if licence in ("", NOBODY):
        return _deny(NOBODY, "no licence", "without a licence all rights are reserved")
    return _deny(licence, "unknown licence", "we hold no facts on these terms")


def _reason(facts: Facts, topic: str, says: str) -> Reason:
    return Reason(facts.id, facts.clauses.get(topic, "whole text"), says)


class Answer(Enum):
    """One cell of the plain grid."""

    YES = "YES"
    DUTIES = "DUTIES"
    UNSETTLED = "UNSETTLED"
    NO = "NO"


USES = ("use", "study", "change", "distribute")
OBJECTS = ("copy", "adapted", "model")


@dataclass(frozen=True, slots=True)
class Cell:
    answer: Answer
    note: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """What one may do with a work: `cells[use][object]`, in plain words."""

    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)


def grid_of(licence: str) -> Grid | None:
    """Return the plain grid of a licence, or None if we hold no facts on it."""
    facts = BY_ID.get(licence)
    if facts is None:
        return None
    inside = _inside(facts)
    changing = inside if facts.permits_private_changes else _no(facts, "derivatives")
    return Grid(
        {
            "use": {"copy": inside, "adapted": changing, "model": _inside(facts)},
            "study": {"copy": inside, "adapted": changing, "model": _inside(facts)},
            "change": {"copy": changing, "adapted": changing, "model": _inside(facts)},
            "distribute": {
                "copy": _given_out(facts, verbatim([licence], out=Outlet(licence))),
                "adapted": _given_out(facts, adapt([licence], out=Outlet(licence))),
                "model": _given_out(facts, train([licence])),
            },
        }
    )


def _inside(facts: Facts) -> Cell:
    if facts.is_computational_only:
        return Cell(
            Answer.DUTIES, "for computing on only", facts.clauses.get("commercial", "")
        )
    if not facts.permits_commercial_use:
        return Cell(
            Answer.DUTIES, "not for commerce", facts.clauses.get("commercial", "")
        )
    return Cell(Answer.YES, clause=facts.clauses.get("grant", ""))


def _no(facts: Facts, topic: str) -> Cell:
    return Cell(Answer.NO, clause=facts.clauses.get(topic, ""))


def _given_out(facts: Facts, verdict: Verdict) -> Cell:
    answer = {
        Stance.ALLOW: Answer.YES,
        Stance.OBLIGATIONS: Answer.DUTIES,
        Stance.WARN: Answer.UNSETTLED,
        Stance.DENY: Answer.NO,
    }[verdict.stance]
    clause = "; ".join(sorted({reason.clause for reason in verdict.reasons}))
    notes = sorted(duty.replace("-", " ") for duty in verdict.duties)
    if answer is not Answer.NO and not facts.permits_sale:
        notes.append("not for sale")
        answer = Answer.DUTIES if answer is Answer.YES else answer
    return Cell(answer, ", ".join(notes), clause)
