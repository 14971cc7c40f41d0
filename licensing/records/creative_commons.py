"""Creative Commons: version 4.0, the earlier ones from 2.0 on, their ports, and CC0.

Sections are those of the legal codes. Versions 2.0 to 3.0 and their ports number their
sections alike, so one record serves them; what a port says otherwise is a parameter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from licensing.facts import Facts, Results
from licensing.marked import gettext_noop

_CODE = "https://creativecommons.org/licenses/{}/{}/legalcode"
_CREDIT = ("attribution",)
_CREDIT_CHANGES = ("attribution", "indicate-changes")
_GPL3 = frozenset({"GPL-3.0-only"})  # creativecommons.org/compatiblelicenses, one way


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which elements a licence of the family has."""

    code: str
    name: str
    summary: str

    @property
    def is_noncommercial(self) -> bool:
        return "nc" in self.code

    @property
    def is_sharealike(self) -> bool:
        return "sa" in self.code

    @property
    def is_unchanged(self) -> bool:
        return "nd" in self.code


_KINDS = (
    _Kind(
        "by",
        "Attribution",
        gettext_noop(
            "You may copy, change, sell and pass on the work for any purpose. Credit the "
            "makers, link the licence, say what you changed, and add no terms or locks to "
            "it. The grant cannot be taken back while you keep to it. No warranty."
        ),
    ),
    _Kind(
        "by-sa",
        "Attribution-ShareAlike",
        gettext_noop(
            "You may copy, change, sell and pass on the work. Credit the makers, say what "
            "you changed, and give your adaptation to others under this same licence. Add "
            "no terms or locks. No warranty."
        ),
    ),
    _Kind(
        "by-nc",
        "Attribution-NonCommercial",
        gettext_noop(
            "You may copy, change and pass on the work, not primarily for commercial "
            "advantage or money. Credit the makers and say what you changed. Add no terms "
            "or locks. No warranty."
        ),
    ),
    _Kind(
        "by-nc-sa",
        "Attribution-NonCommercial-ShareAlike",
        gettext_noop(
            "You may copy, change and pass on the work, not primarily for commercial "
            "advantage or money. Credit the makers, say what you changed, and give your "
            "adaptation to others under this same licence. No warranty."
        ),
    ),
    _Kind(
        "by-nd",
        "Attribution-NoDerivatives",
        gettext_noop(
            "You may copy, sell and pass on the work unchanged, with credit. You may not "
            "give a changed form of it to others. No warranty."
        ),
    ),
    _Kind(
        "by-nc-nd",
        "Attribution-NonCommercial-NoDerivatives",
        gettext_noop(
            "You may copy and pass on the work unchanged, with credit, not primarily for "
            "commercial advantage or money. You may not give a changed form of it to "
            "others. No warranty."
        ),
    ),
)
_SAID_OLDER = {
    "by-sa": gettext_noop(
        "You may copy, change, sell and pass on the work. Credit the makers, say what "
        "you changed, and give your adaptation to others under this same licence. Add "
        "no terms or locks. No warranty. Adaptations may be under a later version."
    ),
    "by-nc-sa": gettext_noop(
        "You may copy, change and pass on the work, not primarily for commercial "
        "advantage or money. Credit the makers, say what you changed, and give your "
        "adaptation to others under this same licence. No warranty. Adaptations may be "
        "under a later version."
    ),
}
_PORTS = {  # as the SPDX list has them
    ("by", "2.5"): ("AU",),
    ("by", "3.0"): ("AT", "AU", "DE", "IGO", "NL", "US"),
    ("by-sa", "2.0"): ("UK",),
    ("by-sa", "3.0"): ("AT", "DE", "IGO"),
    ("by-nc", "3.0"): ("DE",),
    ("by-nc-sa", "2.0"): ("DE", "FR", "UK"),
    ("by-nc-sa", "3.0"): ("DE", "IGO"),
    ("by-nd", "3.0"): ("DE",),
    ("by-nc-nd", "3.0"): ("DE", "IGO"),
}
_PORT_NAMES = {
    "AT": "Austria",
    "AU": "Australia",
    "DE": "Germany",
    "FR": "France",
    "IGO": "IGO",
    "NL": "Netherlands",
    "UK": "England and Wales",
    "US": "United States",
}
_EARLIER = ("2.0", "2.5", "3.0")


def _fourth(kind: _Kind) -> Facts:
    """Return the record of a 4.0 International licence."""
    licence_id = f"CC-{kind.code.upper()}-4.0"
    clauses = {
        "grant": "s.2(a)(1)",
        "private": "s.2(a)(1)(B)" if kind.is_unchanged else "s.2(a)(1)",
        "copy": "s.3(a)",
        "adapt": "s.3(b)(1)" if kind.is_sharealike else "s.3(a)(1), 3(a)(4)",
        "commercial": "s.1 NonCommercial, s.2(a)(1)",
        "derivatives": "s.2(a)(1)(B), 3(a)(1)",
        "extra": "s.2(a)(5)(B)",
        "extra adapted": "s.3(b)(3)",
        "dedication": "s.3(a)(4)",
        "irrevocable": "s.2(a)(1) 'irrevocable', s.6(c)",
        "results": "s.2(a)(4), 3(a); training is not named",
        "unsettled": "s.2(a)(5)(B) against ODbL s.4.7",
    }
    alike = frozenset({licence_id}) | (_GPL3 if kind.code == "by-sa" else frozenset())
    return Facts(
        id=licence_id,
        name=f"Creative Commons {kind.name} 4.0 International",
        url=_CODE.format(kind.code, "4.0"),
        summary=kind.summary,
        adapt_duties=(*_CREDIT_CHANGES, "share-alike")
        if kind.is_sharealike
        else _CREDIT_CHANGES,
        adapt_to=alike if kind.is_sharealike else None,
        unsettled_to=frozenset({"ODbL-1.0"}),
        clauses=clauses,
        **_shared(kind),  # type: ignore[arg-type]  # a table of literals, tested
    )


def _earlier(kind: _Kind, version: str, port: str) -> Facts:
    """Return the record of a licence of versions 2.0 to 3.0, ported or not."""
    stem = f"CC-{kind.code.upper()}"
    end = f"-{port}" if port else ""
    restricted = kind.is_noncommercial or kind.is_sharealike
    credit = "4(d)" if kind.code == "by-nc-sa" else "4(c)" if restricted else "4(b)"
    commercial = "4(c)" if kind.is_sharealike else "4(b)"
    marking = ", changes marked: s.3(b)" if version == "3.0" else ""
    clauses = {
        "grant": "s.3",
        "private": "s.3",
        "copy": f"s.4(a), {credit}",
        "adapt": f"s.4(b), {credit}{marking}"
        if kind.is_sharealike
        else f"s.{credit}{marking}",
        "commercial": f"s.{commercial}",
        "derivatives": "s.3, where adaptations are not granted",
        "extra": "s.4(a)",
        "extra adapted": "s.4(b)",
        "dedication": f"s.4(a), {credit}",
        "irrevocable": "s.7(b)",
        "results": f"s.{credit}; training is not named",
        "unsettled": "s.4(a) against ODbL s.4.7",
    }
    place = f" {_PORT_NAMES[port]}" if port else " Unported" if version == "3.0" else ""
    path = f"{version}/{port.lower()}" if port else version
    return Facts(
        id=f"{stem}-{version}{end}",
        name=f"Creative Commons {kind.name} {version}{place}",
        url=_CODE.format(kind.code, path),
        summary=_SAID_OLDER.get(kind.code, kind.summary),
        adapt_duties=(*_CREDIT, "share-alike") if kind.is_sharealike else _CREDIT,
        adapt_to=_alike_to(stem, kind, version, port) if kind.is_sharealike else None,
        unsettled_to=frozenset({"ODbL-1.0"}),
        clauses=clauses,
        **_shared(kind),  # type: ignore[arg-type]  # a table of literals, tested
    )


def _alike_to(stem: str, kind: _Kind, version: str, port: str) -> frozenset[str]:
    """Return what s.4(b) lets an adaptation be under: itself, later ones, their ports.

    A port's own list of other ports is not relied on; its later versions are.
    """
    later = {f"{stem}-{each}" for each in (*_EARLIER, "4.0") if each > version}
    here = {f"{stem}-{version}-{port}"} if port else {f"{stem}-{version}"}
    ports = set() if port else set(_PORTS.get((kind.code, version), ())) - {"IGO"}
    return frozenset(later | here | {f"{stem}-{version}-{each}" for each in ports})


def _shared(kind: _Kind) -> dict[str, object]:
    return {
        "forbids_extra_terms": True,
        "copy_duties": _CREDIT,
        "results": Results.UNSETTLED if kind.code != "by" else Results.DUTIES,
        "result_duties": _CREDIT,
        "permits_derivatives": not kind.is_unchanged,
        "permits_commercial_use": not kind.is_noncommercial,
        "permits_sale": not kind.is_noncommercial,
    }


def _all() -> Iterator[Facts]:
    for kind in _KINDS:
        yield _fourth(kind)
    for version in reversed(_EARLIER):
        for kind in _KINDS:
            for port in ("", *_PORTS.get((kind.code, version), ())):
                yield _earlier(kind, version, port)


CC0 = Facts(
    id="CC0-1.0",
    name="Creative Commons Zero 1.0 Universal",
    url="https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    summary=gettext_noop(
        "The maker waives every right they can. Anyone may use, change, sell "
        "and pass on the work for any purpose, without asking and without credit. "
        "Trademarks and patents are not waived, and there is no warranty."
    ),
    permits_relicensing=True,
    is_dedication=True,
    clauses={
        "grant": "s.2, 3",
        "copy": "s.2",
        "adapt": "s.2",
        "results": "s.2",
        "irrevocable": "s.2 'irrevocably'",
    },
)
RECORDS = (CC0, *_all())
CURRENT = (CC0.id, *(facts.id for facts in RECORDS if facts.id.endswith("-4.0")))
EARLIER = tuple(facts.id for facts in RECORDS if facts.id not in CURRENT)
