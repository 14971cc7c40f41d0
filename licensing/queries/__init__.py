"""What other rooms and pages ask of rights and money."""

from licensing.queries.acceptances import (
    acceptances_for,
    acceptances_of,
    has_accepted_licence,
)
from licensing.queries.access import (
    Access,
    ListingTerms,
    access_to,
    entitlements_of,
    listing_terms,
    offers_of,
    orders_of,
    works_open_to,
)
from licensing.queries.books import (
    Balance,
    entries,
    ledger_balance,
    ledger_balances,
    owed_to,
    statement_lines,
)
from licensing.queries.lineage import Lineage, lineage_of
from licensing.queries.rights import (
    DataCard,
    Ownership,
    Rights,
    data_card_of,
    find_handover,
    ownership_of,
    proposal_for,
    rights_of,
    shares_in_force,
)
from licensing.queries.terms import book_seen_by, latest_versions

__all__ = [
    "Access",
    "Balance",
    "DataCard",
    "Lineage",
    "ListingTerms",
    "Ownership",
    "Rights",
    "acceptances_for",
    "acceptances_of",
    "access_to",
    "book_seen_by",
    "data_card_of",
    "entitlements_of",
    "entries",
    "find_handover",
    "has_accepted_licence",
    "latest_versions",
    "ledger_balance",
    "ledger_balances",
    "lineage_of",
    "listing_terms",
    "offers_of",
    "orders_of",
    "owed_to",
    "ownership_of",
    "proposal_for",
    "rights_of",
    "shares_in_force",
    "statement_lines",
    "works_open_to",
]
