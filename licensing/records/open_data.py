"""Agreements written for data: Open Data Commons, CDLA, and Microsoft's two."""

from licensing.facts import Facts, Results
from licensing.marked import gettext_noop

_SPDX = "https://spdx.org/licenses/{}.html"

RECORDS = (
    Facts(
        id="ODbL-1.0",
        name="Open Database License 1.0",
        url="https://opendatacommons.org/licenses/odbl/1-0/",
        summary=gettext_noop(
            "You may use, copy, change and sell the database. Keep its notices, "
            "give a changed database only under this licence and offer it whole, say in "
            "works produced from it where they come from, and add no terms or one-sided "
            "locks."
        ),
        adapt_to=frozenset({"ODbL-1.0"}),
        copy_duties=("notice",),
        adapt_duties=("notice", "share-alike", "offer-derivative-database"),
        results=Results.UNSETTLED,
        result_duties=("notice-4.3",),
        outputs=Results.DUTIES,
        output_duties=("notice-4.3",),
        forbids_extra_terms=True,
        clauses={
            "grant": "s.3.1",
            "copy": "s.4.2",
            "adapt": "s.4.4(a), 4.6",
            "extra": "s.4.7",
            "irrevocable": "s.9.3, 9.5",
            "results": "s.4.3, 4.5(b); whether weights are a Produced Work is open",
            "outputs": "s.4.3",
        },
    ),
    Facts(
        id="ODC-By-1.0",
        name="Open Data Commons Attribution License 1.0",
        url="https://opendatacommons.org/licenses/by/1-0/",
        summary=gettext_noop(
            "You may use, copy, change and sell the database. Keep its notices, "
            "say in works produced from it where they come from, and give a database made "
            "from it under this licence."
        ),
        adapt_to=frozenset({"ODC-By-1.0"}),
        copy_duties=("notice",),
        adapt_duties=("notice",),
        results=Results.DUTIES,
        result_duties=("notice-4.3",),
        clauses={
            "grant": "s.3.1",
            "copy": "s.4.2",
            "adapt": "s.4.2(a)",
            "irrevocable": "s.9.3, 9.5",
            "results": "s.4.3",
        },
    ),
    Facts(
        id="PDDL-1.0",
        name="Public Domain Dedication and License 1.0",
        url="https://opendatacommons.org/licenses/pddl/1-0/",
        summary=gettext_noop(
            "The maker gives the database to the public domain. Anyone may use, "
            "change, sell and pass it on for any purpose without credit. No warranty."
        ),
        permits_relicensing=True,
        is_dedication=True,
        clauses={
            "grant": "s.3.1",
            "copy": "s.3.1",
            "adapt": "s.3.1",
            "results": "s.3.1",
            "irrevocable": "s.3.1, 3.2",
        },
    ),
    Facts(
        id="CDLA-Permissive-1.0",
        name="Community Data License Agreement Permissive 1.0",
        url=_SPDX.format("CDLA-Permissive-1.0"),
        summary=gettext_noop(
            "You may use, change, sell and pass on the data. Keep credit and the "
            "agreement with it and mark changed files. What you learn from analysing it "
            "is yours without duties."
        ),
        copy_duties=("include-licence-text", "attribution"),
        adapt_duties=("include-licence-text", "indicate-changes", "attribution"),
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1",
            "adapt": "s.3.1, 3.2",
            "dedication": "s.3.1, 3.2",
            "irrevocable": "s.2.1",
            "results": "s.3.4",
        },
    ),
    Facts(
        id="CDLA-Permissive-2.0",
        name="Community Data License Agreement Permissive 2.0",
        url=_SPDX.format("CDLA-Permissive-2.0"),
        summary=gettext_noop(
            "You may use, change, sell and pass on the data on any terms, with the "
            "text of this agreement along. Models and other results are free of duties."
        ),
        permits_relicensing=True,
        copy_duties=("include-licence-text",),
        adapt_duties=("include-licence-text",),
        clauses={
            "grant": "s.1.1",
            "copy": "s.2.1",
            "adapt": "s.2.1",
            "irrevocable": "s.1.1",
            "results": "s.3.1",
        },
    ),
    Facts(
        id="CDLA-Sharing-1.0",
        name="Community Data License Agreement Sharing 1.0",
        url=_SPDX.format("CDLA-Sharing-1.0"),
        summary=gettext_noop(
            "You may use, change, sell and pass on the data, changed or not, under "
            "this same agreement, with credit and with changes marked. What you learn from "
            "analysing it is yours without duties."
        ),
        adapt_to=frozenset({"CDLA-Sharing-1.0"}),
        copy_duties=("include-licence-text", "attribution"),
        adapt_duties=("attribution", "indicate-changes", "share-alike"),
        forbids_extra_terms=True,
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1(c), 3.3",
            "adapt": "s.3.1(a)",
            "extra": "s.3.2",
            "irrevocable": "s.2.1",
            "results": "s.3.5",
        },
    ),
    Facts(
        id="C-UDA-1.0",
        name="Computational Use of Data Agreement 1.0",
        url=_SPDX.format("C-UDA-1.0"),
        summary=gettext_noop(
            "You may use and pass on the data for computing on it only, such as "
            "training and analysis, and bind those you give it to in the same way. Credit "
            "the makers. Results with no more than traces of the data are free."
        ),
        adapt_to=frozenset({"C-UDA-1.0"}),
        copy_duties=("attribution", "bind-recipients"),
        adapt_duties=("attribution", "bind-recipients"),
        is_computational_only=True,
        clauses={
            "grant": "s.1.1",
            "copy": "s.3.1",
            "computing": "s.2.1, 5.1 Computational Use",
            "adapt": "s.3.1.2",
            "irrevocable": "s.1.2",
            "results": "s.2.2, 5.5 Result",
        },
    ),
    Facts(
        id="O-UDA-1.0",
        name="Open Use of Data Agreement 1.0",
        url=_SPDX.format("O-UDA-1.0"),
        summary=gettext_noop(
            "You may use, change and pass on the data for any purpose, under your "
            "own terms, with credit and the disclaimer of warranty. Results are free."
        ),
        permits_relicensing=True,
        copy_duties=("attribution", "warranty-disclaimer"),
        adapt_duties=("attribution", "warranty-disclaimer"),
        clauses={
            "grant": "s.1.1",
            "copy": "s.3.1",
            "adapt": "s.3.1",
            "irrevocable": "s.1.2",
            "results": "s.2.1.2",
        },
    ),
)
