"""The tables of rights and money, by noun."""

from licensing.models.acceptances import Acceptance, AcceptedBy
from licensing.models.carts import Cart, CartItem
from licensing.models.decisions import LicenceDecision
from licensing.models.declared import (
    OwnTerms,
    ResultsRule,
    TermsVersion,
    TrainingRule,
)
from licensing.models.discounts import Discount, DiscountUse
from licensing.models.disputes import Dispute, DisputeState
from licensing.models.invoices import (
    BillingDetails,
    CreditNote,
    Invoice,
    LetterKind,
    OrderLetter,
    Paper,
    PaperKind,
    PaperSeries,
)
from licensing.models.keys import ReceiptKey
from licensing.models.ledger import (
    Conversion,
    Entry,
    EntryKind,
    LedgerAccount,
    LedgerLine,
)
from licensing.models.offers import (
    Audience,
    Gate,
    Offer,
    OfferConsent,
    OfferState,
    OfferVersion,
    Period,
    PriceKind,
    PriceVersion,
)
from licensing.models.orders import (
    Entitlement,
    Order,
    OrderLine,
    OrderState,
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
from licensing.models.payees import BankAccount, Payee
from licensing.models.payments import (
    Checkout,
    CheckoutState,
    Inbox,
    Outbox,
    Payment,
    PaymentProvider,
    Topic,
)
from licensing.models.payouts import Payout
from licensing.models.prepaid import Prepaid, PrepaidTransfer
from licensing.models.pricing import FreemiumPolicy, FreemiumRule, FreePlace
from licensing.models.procurement import PersonalData, Procurement
from licensing.models.purses import (
    OUT,
    Answer,
    Candidate,
    Passing,
    Purse,
    PurseState,
    PurseStatement,
    PurseTransfer,
)
from licensing.models.recalls import (
    Recall,
    RecallKind,
    RecallNotice,
    RecallVoice,
)
from licensing.models.refunds import Refund, RefundLine
from licensing.models.shares import Share, ShareAcceptance, ShareSet
from licensing.models.statements import ProcessorStatement
from licensing.models.subscriptions import Subscription, SubscriptionPeriod
from licensing.models.usage import Usage
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
    "OUT",
    "Acceptance",
    "AcceptedBy",
    "Answer",
    "Audience",
    "BankAccount",
    "BillingDetails",
    "Candidate",
    "Cart",
    "CartItem",
    "Checkout",
    "CheckoutState",
    "Contribution",
    "ContributionRole",
    "Conversion",
    "CreditNote",
    "Derivation",
    "Disclosed",
    "DisclosedTo",
    "Disclosure",
    "Discount",
    "DiscountUse",
    "Dispute",
    "DisputeState",
    "Entitlement",
    "Entry",
    "EntryKind",
    "FreePlace",
    "FreemiumPolicy",
    "FreemiumRule",
    "Gate",
    "Handover",
    "HandoverState",
    "Inbox",
    "Invoice",
    "LedgerAccount",
    "LedgerLine",
    "LetterKind",
    "Licence",
    "LicenceDecision",
    "LicenceText",
    "Offer",
    "OfferConsent",
    "OfferState",
    "OfferVersion",
    "Order",
    "OrderLetter",
    "OrderLine",
    "OrderState",
    "Origin",
    "Outbox",
    "OwnTerms",
    "Paper",
    "PaperKind",
    "PaperSeries",
    "Party",
    "PartyKind",
    "Passing",
    "Payee",
    "Payment",
    "PaymentProvider",
    "Payout",
    "Period",
    "PersonalData",
    "Prepaid",
    "PrepaidTransfer",
    "PriceKind",
    "PriceVersion",
    "ProcessorStatement",
    "Procurement",
    "Purse",
    "PurseState",
    "PurseStatement",
    "PurseTransfer",
    "Recall",
    "RecallKind",
    "RecallNotice",
    "RecallVoice",
    "ReceiptKey",
    "Refund",
    "RefundLine",
    "Relation",
    "ResultsRule",
    "Right",
    "RightsHolding",
    "Seat",
    "Share",
    "ShareAcceptance",
    "ShareSet",
    "Subscription",
    "SubscriptionPeriod",
    "TermsVersion",
    "Topic",
    "TrainingRule",
    "Usage",
    "WithdrawnDerivation",
    "Work",
]
