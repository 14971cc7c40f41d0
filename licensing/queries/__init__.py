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
from licensing.queries.pricing import Standing, standings_of
from licensing.queries.recalls import (
    Flag,
    Flags,
    find_recalled,
    flags_on,
    notices_to,
    reached_among,
    recalls_of,
)
from licensing.queries.rights import (
    DataCard,
    Ownership,
    Past,
    Rights,
    data_card_of,
    find_derivation,
    find_handover,
    ownership_of,
    past_of,
    proposal_for,
    rights_of,
    shares_in_force,
)
from licensing.queries.seats import seated_at, seated_in
from licensing.queries.terms import book_seen_by, latest_versions

__all__ = [
    "Access",
    "Balance",
    "DataCard",
    "Flag",
    "Flags",
    "Lineage",
    "ListingTerms",
    "Ownership",
    "Past",
    "Rights",
    "Standing",
    "acceptances_for",
    "acceptances_of",
    "access_to",
    "book_seen_by",
    "data_card_of",
    "entitlements_of",
    "entries",
    "find_derivation",
    "find_handover",
    "find_recalled",
    "flags_on",
    "has_accepted_licence",
    "latest_versions",
    "ledger_balance",
    "ledger_balances",
    "lineage_of",
    "listing_terms",
    "notices_to",
    "offers_of",
    "orders_of",
    "owed_to",
    "ownership_of",
    "past_of",
    "proposal_for",
    "reached_among",
    "recalls_of",
    "rights_of",
    "seated_at",
    "seated_in",
    "shares_in_force",
    "standings_of",
    "statement_lines",
    "works_open_to",
]
