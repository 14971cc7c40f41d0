"""What other rooms and pages ask of rights and money."""

from licensing.queries.access import (
    Access,
    ListingTerms,
    access_to,
    entitlements_of,
    listing_terms,
    offers_of,
    orders_of,
)
from licensing.queries.books import (
    Balance,
    entries,
    ledger_balance,
    ledger_balances,
    owed_to,
    statement_lines,
)
from licensing.queries.rights import Rights, proposal_for, rights_of, shares_in_force

__all__ = [
    "Access",
    "Balance",
    "ListingTerms",
    "Rights",
    "access_to",
    "entitlements_of",
    "entries",
    "ledger_balance",
    "ledger_balances",
    "listing_terms",
    "offers_of",
    "orders_of",
    "owed_to",
    "proposal_for",
    "rights_of",
    "shares_in_force",
    "statement_lines",
]
