"""The tables of rights and money, by noun."""

from licensing.models.acceptances import Acceptance, AcceptedBy
from licensing.models.decisions import LicenceDecision
from licensing.models.declared import (
    OwnTerms,
    ResultsRule,
    TermsVersion,
    TrainingRule,
)
from licensing.models.keys import ReceiptKey
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
    Entitlement,
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentProvider,
    Seat,
)
from licensing.models.ownership import (
    Contribution,
    ContributionRole,
    Disclosed,
    DisclosedTo,
    Disclosure,
    Handover,
    HandoverState,
    Right,
    RightsHolding,
)
from licensing.models.parties import Party, PartyKind
from licensing.models.pricing import FreemiumPolicy, FreemiumRule, FreePlace
from licensing.models.procurement import PersonalData, Procurement
from licensing.models.recalls import (
    Recall,
    RecallKind,
    RecallNotice,
    RecallVoice,
)
from licensing.models.shares import Share, ShareAcceptance, ShareSet
from licensing.models.works import (
    Derivation,
    Licence,
    LicenceText,
    Origin,
    Relation,
    WithdrawnDerivation,
    Work,
)

__all__ = [
    "Acceptance",
    "AcceptedBy",
    "Audience",
    "Contribution",
    "ContributionRole",
    "Derivation",
    "Disclosed",
    "DisclosedTo",
    "Disclosure",
    "Entitlement",
    "Entry",
    "EntryKind",
    "FreePlace",
    "FreemiumPolicy",
    "FreemiumRule",
    "Gate",
    "Handover",
    "HandoverState",
    "LedgerAccount",
    "LedgerLine",
    "Licence",
    "LicenceDecision",
    "LicenceText",
    "Offer",
    "OfferConsent",
    "OfferState",
    "OfferVersion",
    "Order",
    "OrderLine",
    "OrderState",
    "Origin",
    "OwnTerms",
    "Party",
    "PartyKind",
    "Payment",
    "PaymentProvider",
    "PersonalData",
    "PriceKind",
    "PriceVersion",
    "Procurement",
    "Recall",
    "RecallKind",
    "RecallNotice",
    "RecallVoice",
    "ReceiptKey",
    "Relation",
    "ResultsRule",
    "Right",
    "RightsHolding",
    "Seat",
    "Share",
    "ShareAcceptance",
    "ShareSet",
    "TermsVersion",
    "TrainingRule",
    "WithdrawnDerivation",
    "Work",
]
