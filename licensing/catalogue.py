"""Every licence that is known here: those we have read, and those only listed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from licensing.expressions import known_id, known_ids
from licensing.facts import OWN_TERMS, Facts
from licensing.licence_facts import BY_ID, FAMILIES

SPDX_PAGE = "https://spdx.org/licenses/{}.html"
SCANCODE_PAGE = "https://scancode-licensedb.aboutcode.org/{}.html"
SCANCODE = "LicenseRef-scancode-"
_FAMILY_OF = {each: family for family, ids in FAMILIES.items() for each in ids}


@dataclass(frozen=True, slots=True)
class Listed:
    """One licence as a list shows it; without `facts` nothing may be built on it."""

    id: str
    name: str
    url: str
    family: str
    facts: Facts | None


def listed(licence_id: str) -> Listed | None:
    """Return a licence by its exact id, None if nobody lists it."""
    facts = BY_ID.get(licence_id)
    if facts:
        return Listed(facts.id, facts.name, facts.url, _FAMILY_OF[facts.id], facts)
    if known_id(licence_id) != licence_id or licence_id == OWN_TERMS:
        return None
    return Listed(licence_id, licence_id, page_of(licence_id), "Not analysed", None)


def find(words: str, *, only_read: bool) -> list[Listed]:
    """Return the licences whose id or name holds all `words`; those read come first."""
    wanted = words.lower().replace("-", " ").split()
    ids = [*_FAMILY_OF, *(() if only_read else _unread())]
    found = (listed(each) for each in ids)
    return [each for each in found if each and _holds(each, wanted)]


def page(
    licences: Sequence[Listed], *, after: str, size: int
) -> tuple[Sequence[Listed], str | None]:
    """Return what follows the licence `after`, and the id to go on from, None at the end.

    An id that is not there begins anew.
    """
    ids = [each.id for each in licences]
    start = ids.index(after) + 1 if after in ids else 0
    shown = licences[start : start + size]
    return shown, shown[-1].id if start + size < len(ids) else None


def page_of(licence_id: str) -> str:
    """Return the address of a list's page on a licence that we have not read."""
    if licence_id.startswith(SCANCODE):
        return SCANCODE_PAGE.format(licence_id.removeprefix(SCANCODE))
    return SPDX_PAGE.format(licence_id)


def _unread() -> list[str]:
    return [each for each in known_ids() if each not in _FAMILY_OF]


def _holds(one: Listed, wanted: Sequence[str]) -> bool:
    text = f"{one.id} {one.name}".lower().replace("-", " ")
    return all(word in text for word in wanted)
