"""The licences the engine has read, clause by clause. Pure data; `terms` judges by it.

A record may be corrected against the licence's own text and by nothing else; raise
`TABLE` when one is, since each verdict is stored with the table it came from.
"""

from collections.abc import Mapping
from types import MappingProxyType

from licensing.facts import COMMERCIAL, Facts, Results

TABLE = "2026-11"


COMMERCIAL_TEXT = """\
1. Parties. This agreement is between the rights holders named on the offer and the
   buyer named on the order. The work is what the offer is of, in the versions published
   while the order is in force.
2. Grant. For the price paid, the buyer may copy, use, study and change the work inside
   its own organisation, for any lawful purpose, commerce included, without time limit.
3. Limits. The buyer may not give, lend, sell or publish the work, or a changed or
   merged form of it, to others. Contractors may use it for the buyer under the same
   limits.
4. Results. Models trained on the work, and figures, findings and other results drawn
   from it, are the buyer's, to use and sell as it likes, so long as the work or a
   substantial part of it cannot be reconstructed from them.
5. Credit. Publications that rest on the work name it and its makers.
6. Warranty. The rights holders state that they may grant this. The work is otherwise
   given as it is. Nobody is liable for indirect loss; liability is limited to the price
   paid, except where the law does not permit the limit.
7. End. The grant ends if the buyer breaks section 3 and does not mend it within 30 days
   of being told. Sections 3, 4 and 6 outlive it.
8. Law. Mandatory rights of consumers are untouched."""
CC_URL = "https://creativecommons.org/licenses/{}/4.0/legalcode"
SPDX_URL = "https://spdx.org/licenses/{}.html"
CC_CLAUSES = MappingProxyType(
    {
        "grant": "s.2(a)(1)",
        "copy": "s.2(a)(1), 3(a)",
        "commercial": "s.1 NonCommercial, 2(a)(1)",
        "derivatives": "s.2(a)(1)(B), 3(a): no Adapted Material may be shared",
        "adapt": "s.3(a)(1), 3(a)(4)",
        "extra": "s.2(a)(5)(B)",
        "irrevocable": "s.2(a)(1), 6(c)",
        "unsettled": "s.2(a)(5)(B) against ODbL s.4",
        "results": "silent; reading of Creative Commons, 2025",
    }
)
SHARE_ALIKE = MappingProxyType(
    {**CC_CLAUSES, "adapt": "s.3(b)(1)", "extra": "s.3(b)(3)"}
)
CREDIT = ("attribution",)
CREDIT_CHANGES = ("attribution", "indicate-changes")
ALIKE = ("attribution", "indicate-changes", "share-alike")
NOTICES = ("include-licence-text", "retain-notices")


def _cc(code: str, name: str, summary: str, **facts: object) -> Facts:
    """Return a licence of the Creative Commons 4.0 family; `facts` differ from BY."""
    shared: dict[str, object] = {
        "forbids_extra_terms": True,
        "copy_duties": CREDIT,
        "adapt_duties": CREDIT_CHANGES,
        "results": Results.UNSETTLED,
        "result_duties": CREDIT,
        "unsettled_to": frozenset({"ODbL-1.0"}),
        "clauses": CC_CLAUSES,
    }
    return Facts(
        id=f"CC-{code.upper()}-4.0",
        name=f"Creative Commons {name} 4.0 International",
        url=CC_URL.format(code),
        summary=summary,
        **{**shared, **facts},  # type: ignore[arg-type]  # a table of literals, tested
    )


_FACTS = (
    Facts(
        id="CC0-1.0",
        name="Creative Commons Zero 1.0 Universal",
        url="https://creativecommons.org/publicdomain/zero/1.0/legalcode",
        summary="The maker waives every right they can. Anyone may use, change, sell "
        "and pass on the work for any purpose, without asking and without credit. "
        "Trademarks and patents are not waived, and there is no warranty.",
        permits_relicensing=True,
        is_dedication=True,
        clauses={"grant": "s.2, 3", "irrevocable": "s.2 'irrevocably'"},
    ),
    _cc(
        "by",
        "Attribution",
        "You may copy, change, sell and pass on the work for any purpose. Credit the "
        "makers, link the licence, say what you changed, and add no terms or locks to "
        "it. The grant cannot be taken back while you keep to it. No warranty.",
        results=Results.DUTIES,
    ),
    _cc(
        "by-sa",
        "Attribution-ShareAlike",
        "You may copy, change, sell and pass on the work. Credit the makers, say what "
        "you changed, and give your adaptation to others under this same licence. Add "
        "no terms or locks. No warranty.",
        adapt_to=frozenset({"CC-BY-SA-4.0", "GPL-3.0-only"}),
        adapt_duties=ALIKE,
        clauses=SHARE_ALIKE,
    ),
    _cc(
        "by-nc",
        "Attribution-NonCommercial",
        "You may copy, change and pass on the work, not primarily for commercial "
        "advantage or money. Credit the makers and say what you changed. Add no terms "
        "or locks. No warranty.",
        permits_commercial_use=False,
        permits_sale=False,
    ),
    _cc(
        "by-nc-sa",
        "Attribution-NonCommercial-ShareAlike",
        "You may copy, change and pass on the work, not primarily for commercial "
        "advantage or money. Credit the makers, say what you changed, and give your "
        "adaptation to others under this same licence. No warranty.",
        permits_commercial_use=False,
        permits_sale=False,
        adapt_to=frozenset({"CC-BY-NC-SA-4.0"}),
        adapt_duties=ALIKE,
        clauses=SHARE_ALIKE,
    ),
    _cc(
        "by-nd",
        "Attribution-NoDerivatives",
        "You may copy, sell and pass on the work unchanged, with credit. You may "
        "change it for yourself, and may not give the changed work to others. No "
        "warranty.",
        permits_derivatives=False,
    ),
    _cc(
        "by-nc-nd",
        "Attribution-NonCommercial-NoDerivatives",
        "You may copy and pass on the work unchanged, with credit, not primarily for "
        "commercial advantage or money. You may change it for yourself, and may not "
        "give the changed work to others. No warranty.",
        permits_commercial_use=False,
        permits_sale=False,
        permits_derivatives=False,
    ),
    Facts(
        id="CC-BY-SA-3.0",
        name="Creative Commons Attribution-ShareAlike 3.0 Unported",
        url="https://creativecommons.org/licenses/by-sa/3.0/legalcode",
        summary="You may copy, change, sell and pass on the work with credit. Mark "
        "what you changed, and give adaptations to others under this licence or a "
        "later version of it. No warranty.",
        adapt_to=frozenset({"CC-BY-SA-3.0", "CC-BY-SA-4.0"}),
        copy_duties=CREDIT,
        adapt_duties=ALIKE,
        results=Results.UNSETTLED,
        result_duties=CREDIT,
        forbids_extra_terms=True,
        clauses={
            "grant": "s.3",
            "copy": "s.4(a), 4(c)",
            "adapt": "s.4(b)",
            "extra": "s.4(a)",
            "irrevocable": "s.7(b)",
            "results": "silent",
        },
    ),
    Facts(
        id="ODbL-1.0",
        name="Open Database License 1.0",
        url="https://opendatacommons.org/licenses/odbl/1-0/",
        summary="You may use, copy, change and sell the database. Keep its notices, "
        "give a changed database only under this licence and offer it whole, say in "
        "works produced from it where they come from, and add no terms or one-sided "
        "locks.",
        adapt_to=frozenset({"ODbL-1.0"}),
        copy_duties=("notice",),
        adapt_duties=("notice", "share-alike", "offer-derivative-database"),
        results=Results.UNSETTLED,
        result_duties=("notice",),
        forbids_extra_terms=True,
        clauses={
            "grant": "s.3.1",
            "copy": "s.4.2",
            "adapt": "s.4.4(a), 4.6",
            "extra": "s.4.7",
            "irrevocable": "s.9.4",
            "results": "s.4.3; whether weights are a Produced Work is open",
        },
    ),
    Facts(
        id="ODC-By-1.0",
        name="Open Data Commons Attribution License 1.0",
        url="https://opendatacommons.org/licenses/by/1-0/",
        summary="You may use, copy, change and sell the database. Keep its notices, "
        "say in works produced from it where they come from, and give a database made "
        "from it under this licence.",
        adapt_to=frozenset({"ODC-By-1.0"}),
        copy_duties=("notice",),
        adapt_duties=("notice", "attribution"),
        results=Results.DUTIES,
        result_duties=("notice",),
        clauses={
            "grant": "s.3.1",
            "copy": "s.4.2",
            "adapt": "s.4.2(a)",
            "irrevocable": "s.9.4",
            "results": "s.4.3",
        },
    ),
    Facts(
        id="PDDL-1.0",
        name="Public Domain Dedication and License 1.0",
        url="https://opendatacommons.org/licenses/pddl/1-0/",
        summary="The maker gives the database to the public domain. Anyone may use, "
        "change, sell and pass it on for any purpose without credit. No warranty.",
        permits_relicensing=True,
        is_dedication=True,
        clauses={"grant": "s.3.1", "irrevocable": "s.3.1"},
    ),
    Facts(
        id="CDLA-Permissive-1.0",
        name="Community Data License Agreement Permissive 1.0",
        url=SPDX_URL.format("CDLA-Permissive-1.0"),
        summary="You may use, change, sell and pass on the data. Keep credit and the "
        "agreement with it and mark changed files. What you learn from analysing it "
        "is yours without duties.",
        copy_duties=("include-licence-text", "attribution"),
        adapt_duties=("include-licence-text", "indicate-changes", "attribution"),
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1",
            "adapt": "s.3.1, 3.2",
            "irrevocable": "s.2.1",
            "results": "s.3.4",
        },
    ),
    Facts(
        id="CDLA-Permissive-2.0",
        name="Community Data License Agreement Permissive 2.0",
        url=SPDX_URL.format("CDLA-Permissive-2.0"),
        summary="You may use, change, sell and pass on the data on any terms, with the "
        "text of this agreement along. Models and other results are free of duties.",
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
        url=SPDX_URL.format("CDLA-Sharing-1.0"),
        summary="You may use, change, sell and pass on the data, changed or not, under "
        "this same agreement, with credit and with changes marked. What you learn from "
        "analysing it is yours without duties.",
        adapt_to=frozenset({"CDLA-Sharing-1.0"}),
        copy_duties=("include-licence-text", "attribution"),
        adapt_duties=ALIKE,
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
        url=SPDX_URL.format("C-UDA-1.0"),
        summary="You may use and pass on the data for computing on it only, such as "
        "training and analysis, and bind those you give it to in the same way. Credit "
        "the makers. Results with no more than traces of the data are free.",
        adapt_to=frozenset({"C-UDA-1.0"}),
        copy_duties=("attribution", "bind-recipients"),
        adapt_duties=("attribution", "bind-recipients"),
        is_computational_only=True,
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1",
            "commercial": "s.2.1 Computational Use",
            "adapt": "s.3.1.2",
            "irrevocable": "s.2.1",
            "results": "s.2.2",
        },
    ),
    Facts(
        id="O-UDA-1.0",
        name="Open Use of Data Agreement 1.0",
        url=SPDX_URL.format("O-UDA-1.0"),
        summary="You may use, change and pass on the data for any purpose, under your "
        "own terms, with credit and the disclaimer of warranty. Results are free.",
        permits_relicensing=True,
        copy_duties=("attribution", "warranty-disclaimer"),
        adapt_duties=("attribution", "warranty-disclaimer"),
        clauses={
            "grant": "s.2.1",
            "copy": "s.3.1",
            "adapt": "s.3.1",
            "irrevocable": "s.2.1",
            "results": "s.2.1.2",
        },
    ),
    Facts(
        id="OpenMDW-1.0",
        name="Open Model, Data and Weights License 1.0",
        url=SPDX_URL.format("OpenMDW-1.0"),
        summary="You may use, change, sell and pass on the model and what comes with "
        "it, keeping the licence and the notices. Outputs are free of duties.",
        permits_relicensing=True,
        copy_duties=NOTICES,
        adapt_duties=NOTICES,
        clauses={"grant": "grant", "copy": "notices", "adapt": "notices"},
    ),
    Facts(
        id="MIT",
        name="MIT License",
        url=SPDX_URL.format("MIT"),
        summary="You may use, copy, change, sell and pass on the work, keeping the "
        "copyright notice and the licence. No warranty.",
        permits_relicensing=True,
        copy_duties=NOTICES,
        adapt_duties=NOTICES,
        is_for_code=True,
        clauses={"grant": "permission", "copy": "notice", "adapt": "notice"},
    ),
    Facts(
        id="Apache-2.0",
        name="Apache License 2.0",
        url="https://www.apache.org/licenses/LICENSE-2.0",
        summary="You may use, copy, change, sell and pass on the work, with a patent "
        "grant. Keep the licence and the notices and mark changed files. No warranty.",
        permits_relicensing=True,
        copy_duties=NOTICES,
        adapt_duties=(*NOTICES, "indicate-changes"),
        is_for_code=True,
        clauses={
            "grant": "s.2, 3",
            "copy": "s.4(a), 4(c), 4(d)",
            "adapt": "s.4",
            "irrevocable": "s.2",
        },
    ),
    Facts(
        id="BSD-3-Clause",
        name="BSD 3-Clause License",
        url=SPDX_URL.format("BSD-3-Clause"),
        summary="You may use, copy, change, sell and pass on the work, keeping the "
        "notices, without using the makers' names to advertise. No warranty.",
        permits_relicensing=True,
        copy_duties=NOTICES,
        adapt_duties=NOTICES,
        is_for_code=True,
        clauses={"grant": "grant", "copy": "cl. 1, 2", "adapt": "cl. 1, 2"},
    ),
    Facts(
        id=COMMERCIAL,
        name="Stoa Commercial License 1.0",
        url="",
        summary=COMMERCIAL_TEXT,
        permits_copies=False,
        permits_derivatives=False,
        permits_sale=False,
        results=Results.DUTIES,
        result_duties=("no-reconstruction",),
        forbids_extra_terms=True,
        is_irrevocable=False,
        clauses={
            "grant": "s.2",
            "copy": "s.3",
            "commercial": "s.3",
            "derivatives": "s.3",
            "extra": "s.3",
            "results": "s.4",
        },
    ),
)
BY_ID: Mapping[str, Facts] = MappingProxyType({facts.id: facts for facts in _FACTS})
CC = frozenset(id_ for id_ in BY_ID if id_.startswith("CC"))
