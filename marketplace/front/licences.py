"""Licences in plain words, from the facts that the licence engine judges by."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.catalogue import Listed
from licensing.duties import told
from licensing.facts import COMMERCIAL, Facts, Results
from licensing.licence_facts import BOOK, BY_ID
from licensing.plain_grid import Cell, grid_of

RESULTS = {
    Results.FREE: _("Yes, without duties"),
    Results.DUTIES: _("Yes, with duties"),
    Results.UNSETTLED: _("The licence is silent, and lawyers disagree"),
    Results.ADAPTATION: _("Yes, as a changed form of the work"),
    Results.FORBIDDEN: _("No"),
}
USES = {
    "use": _("Use it yourself"),
    "study": _("Study and measure it"),
    "change": _("Change it for yourself"),
    "distribute": _("Give it to others"),
}
OBJECTS = {
    "copy": _("The work as it is"),
    "adapted": _("A changed one"),
    "model": _("A model trained on it"),
    "insights": _("What it teaches"),
}
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
    """One licence as a row of a table: four answers, none where it was not read."""

    id: str
    name: str
    in_business: str = ""
    share_changes: str = ""
    in_return: str = ""
    models: str = ""
    is_read: bool = True


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
        models=str(RESULTS[facts.results]),
    )


def table(ids: Iterable[str]) -> list[PlainLicence]:
    """Return the rows for these licences, which the engine has read."""
    return [plain(BY_ID[each]) for each in ids]


def row(one: Listed) -> PlainLicence:
    """Return the row of a licence, read or not."""
    if one.facts is None:
        return PlainLicence(one.id, one.name, is_read=False)
    return plain(one.facts)


def grid(facts: Facts) -> list[PlainUse]:
    """Return the grid of a licence: a row a use, a cell an object (`OBJECTS`)."""
    found = grid_of(facts.id, book={**BOOK, facts.id: facts})
    if found is None:
        return []
    return [
        PlainUse(str(label), [found.cells[use][each] for each in OBJECTS])
        for use, label in USES.items()
    ]


def _in_business(facts: Facts) -> str:
    if not facts.permits_commercial_use:
        return gettext("No")
    if facts.is_computational_only:
        return gettext("Yes, for computing on only")
    return (
        gettext("Yes") if facts.permits_sale else gettext("Yes; it may not be sold on")
    )


def _share_changes(facts: Facts) -> str:
    if not facts.permits_derivatives:
        return gettext("No")
    if facts.carried_by is not None:
        return gettext("Yes, under terms that carry its restrictions")
    if facts.adapt_to is None:
        return gettext("Yes") if facts.permits_sale else gettext("Yes, not for sale")
    others = len(facts.adapt_to) - 1
    if others > 2:
        return gettext("Yes, under %(facts_id)s or %(others)s more") % {
            "facts_id": facts.id,
            "others": others,
        }
    return gettext("Yes, under %(adapt_to)s") % {
        "adapt_to": " or ".join(sorted(facts.adapt_to))
    }


def _in_return(facts: Facts) -> str:
    changed = facts.adapt_duties if facts.permits_derivatives else ()
    duties = dict.fromkeys((*facts.copy_duties, *changed))
    if facts.id == COMMERCIAL:
        return gettext("The price, and credit in publications")
    if not duties:
        return gettext("Nothing; naming the source is good manners")
    return told(duties)
