"""The tables of rights and money, by noun."""

from licensing.models.ledger import Entry, EntryKind, LedgerAccount, LedgerLine
from licensing.models.offers import (
    Audience,
    Gate,
    Offer,
    OfferConsent,
    OfferState,
    OfferVersion,
    PriceKind,
    PriceVersion,
)
from licensing.models.orders import (
    Acceptance,
    Entitlement,
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentProvider,
)
from licensing.models.parties import Party
from licensing.models.shares import Share, ShareAcceptance, ShareSet
from licensing.models.works import Derivation, Licence, LicenceText, Relation, Work

__all__ = [
    "Acceptance",
    "Audience",
    "Derivation",
    "Entitlement",
    "Entry",
    "EntryKind",
    "Gate",
    "LedgerAccount",
    "LedgerLine",
    "Licence",
    "LicenceText",
    "Offer",
    "OfferConsent",
    "OfferState",
    "OfferVersion",
    "Order",
    "OrderLine",
    "OrderState",
    "Party",
    "Payment",
    "PaymentProvider",
    "PriceKind",
    "PriceVersion",
    "Relation",
    "Share",
    "ShareAcceptance",
    "ShareSet",
    "Work",
]
