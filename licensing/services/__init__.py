"""The acts of this room, by noun: works, shares, offers, orders, payments."""

from licensing.expiry import expire_handovers, expire_orders
from licensing.expressions import UnknownLicence
from licensing.moves import OrderClosed
from licensing.services.acceptances import (
    Circumstances,
    TermsChanged,
    accept_licence,
    accept_terms,
    ask_acceptance,
)
from licensing.services.asking import Asking
from licensing.services.bank_accounts import forget_bank_account, set_bank_account
from licensing.services.billing import set_billing_details
from licensing.services.carts import (
    CartEmpty,
    FilledCart,
    cart_of,
    carts_of,
    fill_cart,
    order_cart,
    put_in_cart,
)
from licensing.services.checkouts import (
    begin_checkout,
    pay_url,
    refresh_checkout,
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
from licensing.services.discounts import (
    CodeTaken,
    DiscountRefused,
    DiscountTerms,
    close_discount,
    make_discount,
)
from licensing.services.disputes import (
    NotSettled,
    bank_case,
    close_dispute,
    open_dispute,
)
from licensing.services.eligibility import OrderRefused
from licensing.services.handing_over import HandOverRefused, hand_over
from licensing.services.handovers import (
    HandoverClosed,
    close_handover,
    propose_handover,
    take_over,
)
from licensing.services.invoices import issue_credit_note
from licensing.services.licences import licence_row
from licensing.services.metering import bill_usage, record_use, usage_of
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
from licensing.services.orderable import AcceptanceRequired
from licensing.services.orders import cancel_order, place_order
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
from licensing.services.passing_on import pass_on_due
from licensing.services.payees import begin_onboarding, refresh_payee
from licensing.services.payments import confirm_transfer, reject_transfer
from licensing.services.payouts import (
    Amount,
    NotDue,
    begin_payout,
    confirm_payout,
    fail_payout,
    record_payout,
)
from licensing.services.prices import NoFreePlaceLeft, NotFreeByAge, roll_prices
from licensing.services.pricing import (
    OfferNotLive,
    PolicyPending,
    PriceStated,
    announce_policy,
    change_price,
)
from licensing.services.prizes import (
    BoardNotFrozen,
    NotWon,
    PurseNotHeld,
    StillWaiting,
    TooLate,
    accept_prize,
    decide_purse,
    decline_prize,
    lapse_prizes,
    release_purse,
    strike_candidate,
)
from licensing.services.procurement import record_procurement
from licensing.services.purses import (
    PurseClosed,
    PurseDecided,
    PurseFixed,
    add_to_purse,
    confirm_purse_transfer,
    restate_purse,
    return_purse,
    return_surplus,
    state_purse,
)
from licensing.services.quotes import Quote, Wishes, quote_of
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
    reseal_receipt_key,
    rotate_receipt_key,
)
from licensing.services.refunds import (
    AboveHeld,
    OnItsWay,
    OtherwiseTold,
    RefundBlocked,
    give_backs,
    refund,
)
from licensing.services.returns import confirm_refund, fail_refund, return_money
from licensing.services.seats import (
    NoSeatLeft,
    NotSeated,
    assign_seat,
    free_seat,
)
from licensing.services.settlement import (
    Received,
    ReferenceUsed,
    Settlement,
    settle,
)
from licensing.services.shares import (
    SharesRefused,
    accept_shares,
    propose_shares,
    withdraw_shares,
)
from licensing.services.statements import ask_for_statement, keep_statement
from licensing.services.subscriptions import renew_subscriptions, stop_subscription
from licensing.services.trials import start_trial
from licensing.services.works import (
    ConsentMissing,
    NothingToAccept,
    describe_party,
    parties_of_users,
    party_of,
    party_of_user,
    register_outside,
    register_work,
    retitle,
    set_licence,
    set_listed,
    set_reader,
    set_withheld,
)

__all__ = [
    "AboveHeld",
    "AcceptanceRequired",
    "AlreadyStated",
    "Amount",
    "Asking",
    "BoardNotFrozen",
    "CartEmpty",
    "Circumstances",
    "CodeTaken",
    "ConfirmedByHolder",
    "ConsentMissing",
    "ConsentNotYours",
    "DecisionNeeded",
    "DiscountRefused",
    "DiscountTerms",
    "FilledCart",
    "HandOverRefused",
    "HandoverClosed",
    "LicenceConflict",
    "LineageRefused",
    "NoFreePlaceLeft",
    "NoSeatLeft",
    "NotDue",
    "NotFreeByAge",
    "NotSeated",
    "NotSettled",
    "NotWon",
    "NothingToAccept",
    "NothingToDecide",
    "OfferCodeTaken",
    "OfferNotLive",
    "OfferTerms",
    "OfferWithdrawn",
    "OnItsWay",
    "OrderClosed",
    "OrderRefused",
    "OtherwiseTold",
    "PolicyPending",
    "PriceStated",
    "PrivateTo",
    "PurseClosed",
    "PurseDecided",
    "PurseFixed",
    "PurseNotHeld",
    "Quote",
    "RecallClosed",
    "RecallStands",
    "ReceiptKeyLost",
    "Received",
    "ReferenceUsed",
    "RefundBlocked",
    "Settlement",
    "SharesRefused",
    "SourceFixed",
    "StatementWithdrawn",
    "StillWaiting",
    "TermsChanged",
    "TooLate",
    "TooManyStatements",
    "UnknownLicence",
    "Wishes",
    "accept_licence",
    "accept_offer",
    "accept_prize",
    "accept_shares",
    "accept_terms",
    "add_to_purse",
    "announce_policy",
    "ask_acceptance",
    "ask_for_statement",
    "assign_seat",
    "bank_case",
    "begin_checkout",
    "begin_onboarding",
    "begin_payout",
    "bill_usage",
    "cancel_order",
    "cart_of",
    "carts_of",
    "change_price",
    "close_discount",
    "close_dispute",
    "close_handover",
    "confirm_payout",
    "confirm_purse_transfer",
    "confirm_refund",
    "confirm_statement",
    "confirm_transfer",
    "decide_licence",
    "decide_purse",
    "declare_terms",
    "decline_prize",
    "describe_party",
    "draft_offer",
    "expire_handovers",
    "expire_orders",
    "fail_payout",
    "fail_refund",
    "fill_cart",
    "forget_bank_account",
    "free_seat",
    "give_backs",
    "hand_over",
    "issue_credit_note",
    "keep_statement",
    "lapse_prizes",
    "licence_row",
    "lift_recall",
    "lift_takedown",
    "make_discount",
    "open_dispute",
    "order_cart",
    "parties_of_users",
    "party_of",
    "party_of_user",
    "pass_on_due",
    "pay_url",
    "place_order",
    "private_key",
    "propose_handover",
    "propose_shares",
    "public_keys",
    "put_in_cart",
    "quote_of",
    "recall_by_takedown",
    "recall_work",
    "record_contribution",
    "record_derivation",
    "record_holding",
    "record_payout",
    "record_procurement",
    "record_use",
    "refresh_checkout",
    "refresh_payee",
    "refund",
    "register_outside",
    "register_work",
    "reject_transfer",
    "release_purse",
    "renew_subscriptions",
    "reseal_receipt_key",
    "restate_purse",
    "retitle",
    "return_money",
    "return_purse",
    "return_surplus",
    "revise_offer",
    "roll_prices",
    "rotate_receipt_key",
    "set_bank_account",
    "set_billing_details",
    "set_disclosure",
    "set_licence",
    "set_listed",
    "set_reader",
    "set_withheld",
    "settle",
    "start_trial",
    "state_purse",
    "stop_subscription",
    "strike_candidate",
    "take_over",
    "usage_of",
    "withdraw_derivation",
    "withdraw_offer",
    "withdraw_shares",
    "withdraw_statement",
]
