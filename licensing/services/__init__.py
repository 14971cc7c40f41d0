"""The acts of this room, by noun: works, shares, offers, orders, payments."""

from licensing.expiry import expire_orders
from licensing.services.licences import UnknownLicence, licence_row
from licensing.services.offers import (
    ConsentNotYours,
    OfferCodeTaken,
    OfferWithdrawn,
    accept_offer,
    change_price,
    draft_offer,
    withdraw_offer,
)
from licensing.services.orders import (
    AcceptanceRequired,
    OrderClosed,
    OrderRefused,
    TermsChanged,
    accept_terms,
    cancel_order,
    place_order,
)
from licensing.services.payments import (
    ReferenceUsed,
    confirm_transfer,
    reject_transfer,
)
from licensing.services.shares import (
    SharesRefused,
    accept_shares,
    propose_shares,
    withdraw_shares,
)
from licensing.services.works import (
    ConsentMissing,
    DecisionNeeded,
    LicenceConflict,
    LineageRefused,
    describe_party,
    party_of,
    party_of_user,
    record_derivation,
    register_work,
    retitle,
    set_licence,
    set_listed,
    set_reader,
)

__all__ = [
    "AcceptanceRequired",
    "ConsentMissing",
    "ConsentNotYours",
    "DecisionNeeded",
    "LicenceConflict",
    "LineageRefused",
    "OfferCodeTaken",
    "OfferWithdrawn",
    "OrderClosed",
    "OrderRefused",
    "ReferenceUsed",
    "SharesRefused",
    "TermsChanged",
    "UnknownLicence",
    "accept_offer",
    "accept_shares",
    "accept_terms",
    "cancel_order",
    "change_price",
    "confirm_transfer",
    "describe_party",
    "draft_offer",
    "expire_orders",
    "licence_row",
    "party_of",
    "party_of_user",
    "place_order",
    "propose_shares",
    "record_derivation",
    "register_work",
    "reject_transfer",
    "retitle",
    "set_licence",
    "set_listed",
    "set_reader",
    "withdraw_offer",
    "withdraw_shares",
]
