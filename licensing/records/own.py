"""Terms that people set here for what is theirs: Stoa's own text, and any other."""

from licensing.facts import COMMERCIAL, OWN_TERMS, Facts, Results
from licensing.marked import gettext_noop

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

RECORDS = (
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
            "private": "s.2",
            "copy": "s.3",
            "commercial": "s.3",
            "derivatives": "s.3",
            "extra": "s.3",
            "results": "s.4",
        },
    ),
)
# Terms that somebody writes for what is theirs, not read here. As what something is to
# be under, they can be made to say whatever is owed; as what something came under, they
# permit nothing that we know of.
UNSEEN = Facts(
    id=OWN_TERMS,
    name="An agreement of the owners' own",
    url="",
    summary=gettext_noop(
        "An agreement that owners write for what is theirs. What it permits is told "
        "by itself alone, so nothing may be built on a work that came under one."
    ),
    permits_copies=False,
    permits_derivatives=False,
    permits_sale=False,
    results=Results.FORBIDDEN,
    is_irrevocable=False,
    carries_restrictions=True,
    clauses={},
)
