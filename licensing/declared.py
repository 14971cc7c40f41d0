"""Terms that owners declare by a form: the facts they come to, and the text. Pure.

The text is written from the answers, section by section, so that every fact has its
clause; what an owner adds in words binds too, and can only restrict what is granted.
"""

from dataclasses import dataclass
from enum import Enum

from licensing.facts import Facts, Results

MODEL = "Models trained on the work"


class Training(Enum):
    """What the terms say of training models on the work."""

    NO = "NO"
    INTERNAL = "INTERNAL"
    PUBLISHED = "PUBLISHED"


class Whose(Enum):
    """Whose insights and other results drawn from the work are."""

    TAKER = "TAKER"
    OWNER = "OWNER"


@dataclass(frozen=True, slots=True)
class Declared:
    """One version of somebody's own terms, as the form was filled in.

    `seats` and `term_days` are None for as many people, and as long, as one likes;
    `territory` is empty for the whole world.
    """

    id: str
    title: str
    version: int
    permits_redistribution: bool
    permits_derivatives: bool
    permits_commercial_use: bool
    training: Training
    results_are: Whose
    asks_credit: bool
    is_revocable: bool
    seats: int | None = None
    term_days: int | None = None
    territory: str = ""
    restrictions: str = ""
    further: str = ""


def facts_of(said: Declared) -> Facts:
    """Return the clause-level facts that the answers come to."""
    credit = ("attribution",) if said.asks_credit else ()
    duties = ("include-licence-text", *credit)
    carried = ("use-restrictions",) if said.restrictions else ()
    return Facts(
        id=said.id,
        name=f"{said.title}, version {said.version}",
        url="",
        summary=_summary(said),
        permits_copies=said.permits_redistribution,
        permits_derivatives=said.permits_derivatives and said.permits_redistribution,
        permits_private_changes=said.permits_derivatives,
        permits_commercial_use=said.permits_commercial_use,
        permits_sale=said.permits_redistribution and said.permits_commercial_use,
        permits_training=said.training is not Training.NO,
        adapt_to=frozenset({said.id}),
        carries_restrictions=bool(said.restrictions),
        copy_duties=(*duties, *carried),
        adapt_duties=(*duties, *carried, "indicate-changes", "share-alike"),
        results=_of_models(said),
        result_duties=("no-reconstruction", *credit),
        outputs=_of_insights(said),
        output_duties=("no-reconstruction", *credit),
        forbids_extra_terms=True,
        is_irrevocable=not said.is_revocable and said.term_days is None,
        clauses=_clauses(said),
    )


def text_of(said: Declared, *, owner: str) -> str:
    """Return the text that people accept; the same answers always give the same text.

    Args:
        said: the answers.
        owner: the name of the party whose terms they are.
    """
    sections = "\n".join(
        f"{number}. {head}. {body}"
        for number, (head, body) in enumerate(_sections(said, owner), start=1)
    )
    return f"{said.title}, version {said.version}\n{said.id}\n\n{sections}\n"


def _of_models(said: Declared) -> Results:
    allowed = said.training is Training.PUBLISHED and said.results_are is Whose.TAKER
    return Results.DUTIES if allowed else Results.FORBIDDEN


def _of_insights(said: Declared) -> Results:
    return Results.DUTIES if said.results_are is Whose.TAKER else Results.FORBIDDEN


def _clauses(said: Declared) -> dict[str, str]:
    clauses = {
        "grant": "s.2",
        "private": "s.4",
        "commercial": "s.3",
        "derivatives": "s.4",
        "adapt": "s.4, 5",
        "copy": "s.5",
        "extra": "s.5",
        "results": "s.6, 7",
        "outputs": "s.7",
        "irrevocable": "s.10",
    }
    if said.restrictions:
        clauses |= {"restrictions": "s.11", "carried": "s.5, 11"}
    return clauses


def _summary(said: Declared) -> str:
    does = ["use and study the work"]
    if said.permits_derivatives:
        does.append("change it")
    if said.training is not Training.NO:
        does.append("train models on it")
    if said.permits_redistribution:
        does.append("pass it on under these terms")
    scope = (
        "for any lawful purpose" if said.permits_commercial_use else "not for commerce"
    )
    return (
        f"Terms of the owners' own. You may {', '.join(does)}, {scope}. {_ending(said)}"
    )


def _sections(said: Declared, owner: str) -> list[tuple[str, str]]:
    seats = "any number of people" if said.seats is None else f"{said.seats} people"
    place = said.territory or "every country"
    told = [
        (
            "Parties",
            (
                f"This agreement is between {owner}, for all who hold rights in the work, "
                "and whoever takes the work under it. The work is what these terms are put "
                "on."
            ),
        ),
        (
            "Grant",
            (
                f"Whoever takes the work may use and study it, by {seats} of their "
                f"organisation, in {place}."
            ),
        ),
        (
            "Purpose",
            "Any lawful purpose, commerce included."
            if said.permits_commercial_use
            else "Not for commercial advantage or money.",
        ),
        ("Changes", _changes(said)),
        ("Passing on", _passing_on(said)),
        ("Models", _models(said)),
        ("Results", _results(said)),
        (
            "Credit",
            "Publications and copies name the work and its makers."
            if said.asks_credit
            else "None is asked for.",
        ),
        (
            "Warranty",
            (
                f"{owner} states that they may grant this. The work is otherwise given as "
                "it is. Nobody is liable for indirect loss, except where the law does not "
                "permit that limit."
            ),
        ),
        ("Term", _ending(said)),
    ]
    if said.restrictions:
        told.append(("Restrictions on use", said.restrictions))
    if said.further:
        told.append(("Further terms", said.further))
    told.append(("Law", "Mandatory rights of consumers are untouched."))
    return told


def _changes(said: Declared) -> str:
    if not said.permits_derivatives:
        return "The work may not be changed or merged with others."
    if not said.permits_redistribution:
        return "It may be changed and merged, and what comes of that stays inside."
    return "It may be changed and merged, with a note of what was changed."


def _passing_on(said: Declared) -> str:
    if not said.permits_redistribution:
        return "Neither the work nor a changed or merged form of it is given to others."
    form = "The work, changed or not," if said.permits_derivatives else "The work"
    bound = ", and section 11 is made to bind them" if said.restrictions else ""
    return (
        f"{form} may be given to others under this same agreement, with its text{bound}. "
        "No further terms or locks are added."
    )


def _models(said: Declared) -> str:
    return {
        Training.NO: "No model is trained on the work.",
        Training.INTERNAL: f"{MODEL} stay inside the organisation that trained them.",
        Training.PUBLISHED: f"{MODEL} may be published and sold, so long as the work or a "
        "substantial part of it cannot be reconstructed from them.",
    }[said.training]


def _results(said: Declared) -> str:
    if said.results_are is Whose.OWNER:
        return (
            "Figures, findings and other results drawn from the work belong to its owners "
            "and are not given to others."
        )
    return (
        "Figures, findings and other results drawn from the work belong to whoever drew "
        "them, so long as the work cannot be reconstructed from them."
    )


def _ending(said: Declared) -> str:
    lasts = (
        "It has no end"
        if said.term_days is None
        else f"It ends {said.term_days} days after it was accepted"
    )
    if said.is_revocable:
        return f"{lasts}, and the owners may end it earlier by telling the other side."
    return f"{lasts}; the owners cannot end it while its terms are kept to."
