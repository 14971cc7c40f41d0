"""Which address takes what, does what, and is listed by what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe import params as declared
from stripe.params import checkout as declared_of_checkout
from stripe.params._transfer_reversal_list_params import TransferReversalListParams

from tests.fakestripe import accounts, checkout, refunds, transfers
from tests.fakestripe.book import Book, Object

Act = Callable[..., Object]


@dataclass(frozen=True)
class Route:
    """One address of the API: what the SDK says may be sent to it, and who answers."""

    method: str
    path: str
    params: type
    act: Act


@dataclass(frozen=True)
class Listed:
    kind: str
    params: type
    filters: tuple[str, ...]


def found(kind: str) -> Act:
    """Return what answers a GET of one object by its id."""

    def retrieve(book: Book, params: dict[str, Any], name: str) -> Object:
        del params
        return book.find(kind, name)

    return retrieve


ROUTES = (
    Route("POST", "/v1/accounts", declared.AccountCreateParams, accounts.create),
    Route(
        "GET",
        "/v1/accounts/<name>",
        declared.AccountRetrieveParams,
        accounts.retrieve,
    ),
    Route("POST", "/v1/account_links", declared.AccountLinkCreateParams, accounts.link),
    Route("POST", "/v1/coupons", declared.CouponCreateParams, checkout.create_coupon),
    Route("GET", "/v1/coupons/<name>", declared.CouponRetrieveParams, found("coupon")),
    Route(
        "POST",
        "/v1/checkout/sessions",
        declared_of_checkout.SessionCreateParams,
        checkout.create,
    ),
    Route(
        "GET",
        "/v1/checkout/sessions/<name>",
        declared_of_checkout.SessionRetrieveParams,
        found("checkout.session"),
    ),
    Route(
        "POST",
        "/v1/checkout/sessions/<name>/expire",
        declared_of_checkout.SessionExpireParams,
        checkout.expire,
    ),
    Route(
        "GET",
        "/v1/payment_intents/<name>",
        declared.PaymentIntentRetrieveParams,
        found("payment_intent"),
    ),
    Route("GET", "/v1/charges/<name>", declared.ChargeRetrieveParams, found("charge")),
    Route("POST", "/v1/transfers", declared.TransferCreateParams, transfers.create),
    Route(
        "GET",
        "/v1/transfers/<name>",
        declared.TransferRetrieveParams,
        found("transfer"),
    ),
    Route(
        "POST",
        "/v1/transfers/<name>/reversals",
        declared.TransferCreateReversalParams,
        transfers.reverse,
    ),
    Route("POST", "/v1/refunds", declared.RefundCreateParams, refunds.create),
    Route("GET", "/v1/refunds/<name>", declared.RefundRetrieveParams, found("refund")),
    Route(
        "GET", "/v1/disputes/<name>", declared.DisputeRetrieveParams, found("dispute")
    ),
    Route(
        "POST",
        "/v1/disputes/<name>/close",
        declared.DisputeCloseParams,
        refunds.concede,
    ),
    Route("GET", "/v1/events/<name>", declared.EventRetrieveParams, found("event")),
)

LISTS = {
    "/v1/balance_transactions": Listed(
        "balance_transaction",
        declared.BalanceTransactionListParams,
        ("currency", "source", "type"),
    ),
    "/v1/checkout/sessions": Listed(
        "checkout.session",
        declared_of_checkout.SessionListParams,
        ("payment_intent", "status"),
    ),
    "/v1/disputes": Listed(
        "dispute", declared.DisputeListParams, ("charge", "payment_intent")
    ),
    "/v1/events": Listed("event", declared.EventListParams, ("type",)),
    "/v1/refunds": Listed(
        "refund", declared.RefundListParams, ("charge", "payment_intent")
    ),
    "/v1/transfers": Listed(
        "transfer", declared.TransferListParams, ("destination", "transfer_group")
    ),
    "/v1/transfers/<transfer>/reversals": Listed(
        "transfer_reversal", TransferReversalListParams, ("transfer",)
    ),
}
