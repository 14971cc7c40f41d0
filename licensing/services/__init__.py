"""The acts of this room, by noun: works, shares, offers, orders, payments."""

from licensing.expiry import expire_handovers, expire_orders
from licensing.expressions import UnknownLicence
from licensing.services.acceptances import (
    Circumstances,
    TermsChanged,
    accept_licence,
    accept_terms,
    ask_acceptance,
)
from licensing.services.decisions import (
    DecisionNeeded,
    LicenceConflict,
    NothingToDecide,
    decide_licence,
)
from licensing.services.declared import declare_terms
from licensing.services.derivations import (
    LineageRefused,
    SourceFixed,
    record_derivation,
    withdraw_derivation,
)
from licensing.services.eligibility import OrderRefused
from licensing.services.handing_over import HandOverRefused, hand_over
from licensing.services.handovers import (
    HandoverClosed,
    close_handover,
    propose_handover,
    take_over,
)
from licensing.services.licences import licence_row
from licensing.services.offer_terms import OfferTerms, PrivateTo
from licensing.services.offers import (
    ConsentNotYours,
    OfferCodeTaken,
    OfferWithdrawn,
    accept_offer,
    draft_offer,
    revise_offer,
    withdraw_offer,
)
from licensing.services.orders import (
    AcceptanceRequired,
    OrderClosed,
    cancel_order,
    place_order,
)
from licensing.services.ownership import (
    AlreadyStated,
    ConfirmedByHolder,
    StatementWithdrawn,
    TooManyStatements,
    confirm_statement,
    record_contribution,
    record_holding,
    set_disclosure,
    withdraw_statement,
)
from licensing.services.payments import (
    ReferenceUsed,
    confirm_transfer,
    reject_transfer,
)
from licensing.services.prices import NoFreePlaceLeft, NotFreeByAge, roll_prices
from licensing.services.pricing import (
    OfferNotLive,
    PolicyPending,
    PriceStated,
    announce_policy,
    change_price,
)
from licensing.services.procurement import record_procurement
from licensing.services.recalls import (
    RecallClosed,
    RecallStands,
    lift_recall,
    lift_takedown,
    recall_by_takedown,
    recall_work,
)
from licensing.services.receipt_keys import (
    ReceiptKeyLost,
    private_key,
    public_keys,
    rotate_receipt_key,
)
from licensing.services.seats import (
    NoSeatLeft,
    NotSeated,
    assign_seat,
    free_seat,
)
from licensing.services.shares import (
    SharesRefused,
    accept_shares,
    propose_shares,
    withdraw_shares,
)
from licensing.services.trials import start_trial
from licensing.services.works import (
    ConsentMissing,
    NothingToAccept,
    describe_party,
    party_of,
    party_of_user,
    register_work,
    retitle,
    set_licence,
    set_listed,
    set_reader,
    set_withheld,
)

__all__ = [
    "AcceptanceRequired",
    "AlreadyStated",
    "Circumstances",
    "ConfirmedByHolder",
    "ConsentMissing",
    "ConsentNotYours",
    "DecisionNeeded",
    "HandOverRefused",
    "HandoverClosed",
    "LicenceConflict",
    "LineageRefused",
    "NoFreePlaceLeft",
    "NoSeatLeft",
    "NotFreeByAge",
    "NotSeated",
    "NothingToAccept",
    "NothingToDecide",
    "OfferCodeTaken",
    "OfferNotLive",
    "OfferTerms",
    "OfferWithdrawn",
    "OrderClosed",
    "OrderRefused",
    "PolicyPending",
    "PriceStated",
    "PrivateTo",
    "RecallClosed",
    "RecallStands",
    "ReceiptKeyLost",
    "ReferenceUsed",
    "SharesRefused",
    "SourceFixed",
    "StatementWithdrawn",
    "TermsChanged",
    "TooManyStatements",
    "UnknownLicence",
    "accept_licence",
    "accept_offer",
    "accept_shares",
    "accept_terms",
    "announce_policy",
    "ask_acceptance",
    "assign_seat",
    "cancel_order",
    "change_price",
    "close_handover",
    "confirm_statement",
    "confirm_transfer",
    "decide_licence",
    "declare_terms",
    "describe_party",
    "draft_offer",
    "expire_handovers",
    "expire_orders",
    "free_seat",
    "hand_over",
    "licence_row",
    "lift_recall",
    "lift_takedown",
    "party_of",
    "party_of_user",
    "place_order",
    "private_key",
    "propose_handover",
    "propose_shares",
    "public_keys",
    "recall_by_takedown",
    "recall_work",
    "record_contribution",
    "record_derivation",
    "record_holding",
    "record_procurement",
    "register_work",
    "reject_transfer",
    "retitle",
    "revise_offer",
    "roll_prices",
    "rotate_receipt_key",
    "set_disclosure",
    "set_licence",
    "set_listed",
    "set_reader",
    "set_withheld",
    "start_trial",
    "take_over",
    "withdraw_derivation",
    "withdraw_offer",
    "withdraw_shares",
    "withdraw_statement",
]
