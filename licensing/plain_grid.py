"""What one may do with a work and what comes of it, use by use. Pure.

Giving out a copy or a changed form is asked of the licence's own terms; giving out a
model or an insight, of terms that whoever made it sets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.utils.translation import gettext_noop

from licensing import terms
from licensing.conditions import Conditions, counted
from licensing.declared import Whose
from licensing.duties import NAMES
from licensing.facts import OWN_TERMS, Facts
from licensing.licence_facts import BOOK
from licensing.terms import Book, Outlet, Stance, Verdict


class Answer(Enum):
    """One cell of the plain grid."""

    YES = "YES"
    DUTIES = "DUTIES"
    UNSETTLED = "UNSETTLED"
    NO = "NO"


USES = ("use", "study", "change", "distribute")
OBJECTS = ("copy", "adapted", "model", "insights")
OFFERS_OWN = "the offer"  # where a condition is found, as a clause is in a licence
_ANSWERS = {
    Stance.ALLOW: Answer.YES,
    Stance.OBLIGATIONS: Answer.DUTIES,
    Stance.WARN: Answer.UNSETTLED,
    Stance.DENY: Answer.NO,
}


@dataclass(frozen=True, slots=True)
class Cell:
    answer: Answer
    note: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """What one may do with a work: `cells[use][object]`, in plain words."""

    cells: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)


def grid_of(licence: str, *, book: Book = BOOK) -> Grid | None:
    """Return the plain grid of a licence, or None if we hold no facts on it."""
    facts = book.get(licence)
    if facts is None:
        return None
    inside = _inside(facts)
    changing = inside if facts.permits_private_changes else _no(facts, "derivatives")
    drawn = Outlet(OWN_TERMS)
    one = [licence]
    trained = inside if facts.permits_training else _no(facts, "results")
    kept = {"copy": inside, "adapted": changing, "model": trained, "insights": inside}
    given = {
        "copy": terms.verbatim(one, out=Outlet(licence), book=book),
        "adapted": terms.adapt(one, out=Outlet(licence), book=book),
        "model": terms.train(one, out=drawn, book=book),
        "insights": terms.output(one, out=drawn, book=book),
    }
    return Grid(
        {
            "use": kept,
            "study": kept,
            "change": {**kept, "copy": changing},
            "distribute": {
                what: _given_out(facts, verdict, what)
                for what, verdict in given.items()
            },
        }
    )


def narrowed(grid: Grid, said: Conditions) -> Grid:
    """Return what an offer's conditions leave of the grid of its licence.

    Where the licence leaves it open whether what is drawn from the work may be given out,
    an offer that says so settles it: its owners are who could object.
    """
    cells = {use: dict(row) for use, row in grid.cells.items()}
    for use in ("use", "study", "change"):
        for what in ("copy", "adapted"):
            cells[use][what] = _on_condition(cells[use][what], _limits(said))
    rights = said.insights
    if rights is None:
        return Grid(cells)
    theirs = [gettext_noop("its owners'")] if rights.belong_to is Whose.OWNER else []
    told = [gettext_noop("reported back to its owners")] if rights.must_report else []
    for use, row in cells.items():
        is_given = use == "distribute"
        notes = [
            *theirs,
            *(
                [gettext_noop("not for sale")]
                if is_given and not rights.may_sell
                else []
            ),
        ]
        for what, is_allowed in (("model", rights.may_train), ("insights", True)):
            if not is_allowed or (is_given and not rights.may_publish):
                row[what] = Cell(Answer.NO, clause=OFFERS_OWN)
                continue
            cell = row[what]
            if is_given and cell.answer is Answer.UNSETTLED:
                settled = Answer.DUTIES if cell.note else Answer.YES
                cell = Cell(settled, cell.note, OFFERS_OWN)
            more = [*notes, *(told if what == "insights" else [])]
            row[what] = _on_condition(cell, more)
    return Grid(cells)


def _limits(said: Conditions) -> list[str]:
    return [
        *([f"by {counted(said.seats, 'person')}"] if said.seats else []),
        *([f"for {counted(said.term_days, 'day')}"] if said.term_days else []),
        *([f"in {', '.join(said.territories)}"] if said.territories else []),
    ]


def _on_condition(cell: Cell, notes: list[str]) -> Cell:
    if not notes or cell.answer is Answer.NO:
        return cell
    answer = Answer.DUTIES if cell.answer is Answer.YES else cell.answer
    said = ", ".join([cell.note, *notes] if cell.note else notes)
    clauses = dict.fromkeys(clause for clause in (cell.clause, OFFERS_OWN) if clause)
    return Cell(answer, said, "; ".join(clauses))


def _inside(facts: Facts) -> Cell:
    if facts.is_computational_only:
        clause = facts.clauses.get("computing", "")
        return Cell(Answer.DUTIES, gettext_noop("for computing on only"), clause)
    if not facts.permits_commercial_use:
        clause = facts.clauses.get("commercial", "")
        return Cell(Answer.DUTIES, gettext_noop("not for commerce"), clause)
    if "restrictions" in facts.clauses:
        clause = facts.clauses["restrictions"]
        return Cell(Answer.DUTIES, gettext_noop("not for the uses it forbids"), clause)
    return Cell(Answer.YES, clause=facts.clauses.get("grant", ""))


def _no(facts: Facts, topic: str) -> Cell:
    return Cell(Answer.NO, clause=facts.clauses.get(topic, ""))


def _given_out(facts: Facts, verdict: Verdict, what: str) -> Cell:
    answer = _ANSWERS[verdict.stance]
    clause = "; ".join(sorted({reason.clause for reason in verdict.reasons}))
    if not clause:
        clause = facts.clauses.get(
            "results" if what in ("model", "insights") else "grant", ""
        )
    notes = sorted(NAMES[duty] for duty in verdict.duties)
    if (
        answer is not Answer.NO
        and not facts.permits_sale
        and what in ("copy", "adapted")
    ):
        notes.append(gettext_noop("not for sale"))
        answer = Answer.DUTIES if answer is Answer.YES else answer
    return Cell(answer, ", ".join(notes), clause)
