"""Licences written for code that are given to data and models too.

Of code files in a listing the OSADL matrix judges, see `licensing.code_matrix`; these
records judge data and models under such licences.
"""

from licensing.facts import Facts, Results
from licensing.marked import gettext_noop

_SPDX = "https://spdx.org/licenses/{}.html"
_NOTICES = ("include-licence-text", "retain-notices")
_SOURCE = (*_NOTICES, "indicate-changes", "offer-source", "share-alike")
_OR_LATER = {
    "GPL-2.0": ("GPL-3.0-only", "GPL-3.0-or-later"),
    "LGPL-2.1": ("LGPL-3.0-only", "LGPL-3.0-or-later"),
}
_AS_GPL = {  # what the Lesser licences let one turn into, LGPL-2.1 s.3, LGPL-3.0 s.2(b)
    "LGPL-2.1": (
        "GPL-2.0-only",
        "GPL-2.0-or-later",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
    ),
    "LGPL-3.0": ("GPL-3.0-only",),
}
_COPYLEFT = {  # name, sections: grant, copies, changes, further terms, termination
    "GPL-2.0": ("GNU General Public License 2.0", "0 to 2", "1", "2, 3", "6", "4"),
    "GPL-3.0": ("GNU General Public License 3.0", "2", "4", "5, 6", "10", "2, 8"),
    "LGPL-2.1": (
        "GNU Lesser General Public License 2.1",
        "0 to 2",
        "1",
        "2, 4",
        "10",
        "8",
    ),
    "LGPL-3.0": (
        "GNU Lesser General Public License 3.0",
        "0, and GPL-3.0 s.2",
        "0, and GPL-3.0 s.4",
        "2, and GPL-3.0 s.5, 6",
        "0, and GPL-3.0 s.10",
        "0, and GPL-3.0 s.2, 8",
    ),
    "AGPL-3.0": (
        "GNU Affero General Public License 3.0",
        "2",
        "4",
        "5, 6, 13",
        "10",
        "2, 8",
    ),
}


def _permissive(
    licence_id: str, name: str, clauses: dict[str, str], *, duties: bool = True
) -> Facts:
    return Facts(
        id=licence_id,
        name=name,
        url=_SPDX.format(licence_id),
        summary=gettext_noop(
            "You may use, copy, change, sell and pass on the work, keeping the "
            "copyright notice and the licence. No warranty."
        )
        if duties
        else gettext_noop(
            "You may use, copy, change, sell and pass on the work for any purpose, "
            "without keeping notices and without credit. No warranty."
        ),
        permits_relicensing=True,
        copy_duties=_NOTICES if duties else (),
        adapt_duties=_NOTICES if duties else (),
        is_for_code=True,
        clauses={
            "irrevocable": "nothing lets the makers take it back",
            "results": "nothing is asked beyond copies",
            **clauses,
        },
    )


def _copyleft(stem: str, *, later: bool) -> Facts:
    """Return a record of the GPL family, of one version or of it and later ones."""
    name, grant, copies, changes, further, ending = _COPYLEFT[stem]
    licence_id = f"{stem}-{'or-later' if later else 'only'}"
    alike = {licence_id, *_AS_GPL.get(stem, ())}
    if later:
        alike |= {f"{stem}-only", *_OR_LATER.get(stem, ())}
    return Facts(
        id=licence_id,
        name=f"{name} {'or later' if later else 'only'}",
        url=_SPDX.format(licence_id),
        summary=gettext_noop(
            "You may use, change, sell and pass on the work. Give what you make from "
            "it to others under this same licence, with the source, the notices and your "
            "changes marked, and add no further restrictions. No warranty."
        ),
        adapt_to=frozenset(alike),
        copy_duties=(*_NOTICES, "offer-source"),
        adapt_duties=_SOURCE,
        results=Results.UNSETTLED,
        result_duties=("retain-notices",),
        outputs=Results.FREE,
        forbids_extra_terms=True,
        is_for_code=True,
        clauses={
            "grant": f"s.{grant}",
            "copy": f"s.{copies}",
            "adapt": f"s.{changes}",
            "extra": f"s.{further}",
            "irrevocable": f"s.{ending}",
            "results": f"s.{changes}; trained models are not named",
            "outputs": "s.0" if stem.endswith(("2.0", "2.1")) else "s.2, para. 1",
        },
    )


RECORDS = (
    _permissive(
        "MIT",
        "MIT License",
        {"grant": "para. 1", "copy": "para. 2", "adapt": "para. 2"},
    ),
    _permissive(
        "MIT-0",
        "MIT No Attribution",
        {"grant": "para. 1", "copy": "para. 1", "adapt": "para. 1"},
        duties=False,
    ),
    Facts(
        id="Apache-2.0",
        name="Apache License 2.0",
        url="https://www.apache.org/licenses/LICENSE-2.0",
        summary=gettext_noop(
            "You may use, copy, change, sell and pass on the work, with a patent "
            "grant. Keep the licence and the notices and mark changed files. No warranty."
        ),
        permits_relicensing=True,
        copy_duties=_NOTICES,
        adapt_duties=(*_NOTICES, "indicate-changes"),
        is_for_code=True,
        clauses={
            "grant": "s.2, 3",
            "copy": "s.4(a), 4(c), 4(d)",
            "adapt": "s.4",
            "irrevocable": "s.2",
            "results": "s.1 Derivative Works, s.4",
        },
    ),
    _permissive(
        "BSD-2-Clause",
        "BSD 2-Clause License",
        {"grant": "para. 1", "copy": "cl. 1, 2", "adapt": "cl. 1, 2"},
    ),
    _permissive(
        "BSD-3-Clause",
        "BSD 3-Clause License",
        {"grant": "para. 1", "copy": "cl. 1 to 3", "adapt": "cl. 1 to 3"},
    ),
    _permissive(
        "BSD-3-Clause-Clear",
        "BSD 3-Clause Clear License",
        {"grant": "para. 1", "copy": "cl. 1 to 3", "adapt": "cl. 1 to 3"},
    ),
    _permissive(
        "0BSD",
        "BSD Zero Clause License",
        {"grant": "para. 1", "copy": "para. 1", "adapt": "para. 1"},
        duties=False,
    ),
    _permissive(
        "ISC",
        "ISC License",
        {"grant": "para. 1", "copy": "para. 1", "adapt": "para. 1"},
    ),
    Facts(
        id="Unlicense",
        name="The Unlicense",
        url=_SPDX.format("Unlicense"),
        summary=gettext_noop(
            "The makers give the work to the public domain. Anyone may use, change, "
            "sell and pass it on for any purpose, without credit. No warranty."
        ),
        permits_relicensing=True,
        is_dedication=True,
        is_for_code=True,
        clauses={
            "grant": "para. 1, 2",
            "copy": "para. 2",
            "adapt": "para. 2",
            "irrevocable": "para. 3 'in perpetuity'",
            "results": "para. 2",
        },
    ),
    Facts(
        id="MPL-2.0",
        name="Mozilla Public License 2.0",
        url=_SPDX.format("MPL-2.0"),
        summary=gettext_noop(
            "You may use, change, sell and pass on the work. Files of it that you "
            "change stay under this licence, with their source and notices; what you put "
            "beside them is yours. No warranty."
        ),
        adapt_to=frozenset({"MPL-2.0"}),
        copy_duties=(*_NOTICES, "offer-source"),
        adapt_duties=_SOURCE,
        results=Results.UNSETTLED,
        result_duties=("retain-notices",),
        outputs=Results.FREE,
        forbids_extra_terms=True,
        is_for_code=True,
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1, 3.2, 3.4",
            "adapt": "s.3.1, 1.10",
            "extra": "s.3.1, 3.2(b)",
            "irrevocable": "s.2.1, 5.1",
            "results": "s.1.10; trained models are not named",
            "outputs": "s.1.4, 1.10",
        },
    ),
    *(_copyleft(stem, later=later) for stem in _COPYLEFT for later in (False, True)),
)
