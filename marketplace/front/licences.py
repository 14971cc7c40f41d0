"""Licences in plain words, from the facts that the licence engine judges by."""

from dataclasses import dataclass

from licensing.facts import COMMERCIAL, Facts, Results
from licensing.licence_facts import BY_ID
from licensing.terms import Cell, grid_of

DUTIES = {
    "attribution": "name the makers",
    "bind-recipients": "bind those you give it to in the same way",
    "include-licence-text": "keep the licence’s text with it",
    "indicate-changes": "say what you changed",
    "no-reconstruction": "the work must not be recoverable from it",
    "notice": "keep its notices",
    "offer-derivative-database": "offer the changed database whole",
    "retain-notices": "keep its notices",
    "share-alike": "give it on under the same licence",
    "warranty-disclaimer": "keep the disclaimer of warranty",
}
RESULTS = {
    Results.FREE: "Yes, without duties",
    Results.DUTIES: "Yes, with duties",
    Results.UNSETTLED: "The licence is silent, and lawyers disagree",
    Results.FORBIDDEN: "No",
}
USES = {
    "use": "Use it yourself",
    "study": "Study and measure it",
    "change": "Change it for yourself",
    "distribute": "Give it to others",
}
OBJECTS = {"copy": "The work as it is", "adapted": "A changed one", "model": "A model"}
COMMON = (
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "ODbL-1.0",
    "CC-BY-NC-4.0",
    "CC-BY-ND-4.0",
    "CDLA-Permissive-2.0",
    "Apache-2.0",
)


@dataclass(frozen=True, slots=True)
class PlainLicence:
    """One licence as a row of a table: four answers."""

    id: str
    name: str
    in_business: str
    share_changes: str
    in_return: str
    models: str


@dataclass(frozen=True, slots=True)
class PlainUse:
    """One row of a licence's grid: what one wants to do, and the answer per object."""

    label: str
    cells: list[Cell]


def plain(facts: Facts) -> PlainLicence:
    """Say what a licence allows in four short answers."""
    return PlainLicence(
        id=facts.id,
        name=facts.name,
        in_business=_in_business(facts),
        share_changes=_share_changes(facts),
        in_return=_in_return(facts),
        models=RESULTS[facts.results],
    )


def table(ids: tuple[str, ...] | None = None) -> list[PlainLicence]:
    """Return the rows for these licences, or for all that the engine has read."""
    return [plain(BY_ID[each]) for each in (BY_ID if ids is None else ids)]


def grid(facts: Facts) -> list[PlainUse]:
    """Return the grid of a licence: a row a use, a cell an object (`OBJECTS`)."""
    found = grid_of(facts.id)
    if found is None:
        return []
    return [
        PlainUse(label, [found.cells[use][each] for each in OBJECTS])
        for use, label in USES.items()
    ]


def _in_business(facts: Facts) -> str:
    if not facts.permits_commercial_use:
        return "No"
    if facts.is_computational_only:
        return "Yes, for computing on only"
    return "Yes" if facts.permits_sale else "Yes; it may not be sold on"


def _share_changes(facts: Facts) -> str:
    if not facts.permits_derivatives:
        return "No"
    if facts.adapt_to is None:
        return "Yes" if facts.permits_sale else "Yes, not for sale"
    names = " or ".join(sorted(facts.adapt_to))
    return f"Yes, under {names}"


def _in_return(facts: Facts) -> str:
    duties = dict.fromkeys((*facts.copy_duties, *facts.adapt_duties))
    if facts.id == COMMERCIAL:
        return "The price, and credit in publications"
    if not duties:
        return "Nothing; naming the source is good manners"
    told = dict.fromkeys(DUTIES[duty] for duty in duties)
    said = ", ".join(told)
    return said[0].upper() + said[1:]
