"""Checkout sessions: priced, paid by a card that works or does not, expired."""

from typing import Any

from tests.fakestripe.book import PLATFORM, Book, Object
from tests.fakestripe.faults import Fault

WHOLE_BPS = 10_000
SESSION_SECONDS = 24 * 3600


def create(book: Book, params: dict[str, Any]) -> Object:
    if params.get("mode") != "payment":
        raise Fault(400, "not_covered", "This fake takes mode=payment.", param="mode")
    lines = params.get("line_items", [])
    if not lines:
        raise Fault(
            400, "parameter_missing", "line_items is empty.", param="line_items"
        )
    currencies = {
        line["price_data"]["currency"] for line in lines if "price_data" in line
    }
    if len(currencies) != 1 or not all("price_data" in line for line in lines):
        raise Fault(
            400,
            "parameter_invalid",
            "Give price_data in one currency.",
            param="line_items",
        )
    subtotal = sum(
        line["price_data"]["unit_amount"] * line.get("quantity", 1) for line in lines
    )
    [currency] = currencies
    discount = _discount(book, params, subtotal=subtotal, currency=currency)
    session = book.add(
        "checkout.session",
        mode="payment",
        status="open",
        payment_status="unpaid" if subtotal > discount else "no_payment_required",
        amount_subtotal=subtotal,
        amount_total=subtotal - discount,
        total_details={
            "amount_discount": discount,
            "amount_shipping": 0,
            "amount_tax": 0,
        },
        currency=currency,
        client_reference_id=params.get("client_reference_id"),
        customer_email=params.get("customer_email"),
        metadata=params.get("metadata", {}),
        payment_intent=None,
        success_url=params.get("success_url"),
        cancel_url=params.get("cancel_url"),
        expires_at=params.get("expires_at", int(book.now()) + SESSION_SECONDS),
        livemode=False,
        url=None,
    )
    session["url"] = f"{book.address}/pay/{session['id']}"
    book.asked[session["id"]] = params
    return session


def _discount(
    book: Book, params: dict[str, Any], *, subtotal: int, currency: str
) -> int:
    given = params.get("discounts") or []
    if not given:
        return 0
    coupon = book.find("coupon", given[0]["coupon"])
    if not coupon["valid"]:
        raise Fault(400, "coupon_expired", "The coupon is used up.", param="discounts")
    if coupon["percent_off"] is not None:
        off = int(subtotal * coupon["percent_off"] / 100)
    elif coupon["currency"] == currency:
        off = coupon["amount_off"]
    else:
        raise Fault(400, "parameter_invalid", "The coupon is in another currency.")
    coupon["times_redeemed"] += 1
    most = coupon["max_redemptions"]
    coupon["valid"] = most is None or coupon["times_redeemed"] < most
    return min(off, subtotal)


def create_coupon(book: Book, params: dict[str, Any]) -> Object:
    if ("percent_off" in params) == ("amount_off" in params):
        raise Fault(400, "parameter_missing", "Give percent_off or amount_off.")
    return book.add(
        "coupon",
        params.get("id", ""),
        percent_off=params.get("percent_off"),
        amount_off=params.get("amount_off"),
        currency=params.get("currency"),
        duration=params.get("duration", "once"),
        max_redemptions=params.get("max_redemptions"),
        times_redeemed=0,
        valid=True,
        name=params.get("name"),
        metadata=params.get("metadata", {}),
        livemode=False,
    )


def pay(book: Book, name: str, *, is_declined: bool = False) -> Object:
    """Let the buyer pay on the page; a declined card leaves the session open.

    Raises:
        Fault: 402 for a declined card, 400 where there is nothing to pay any more.
    """
    session = book.find("checkout.session", name)
    if session["status"] == "open" and session["expires_at"] <= book.now():
        expire(book, {}, name)
    if session["status"] != "open":
        raise Fault(400, "session_closed", f"This session is {session['status']}.")
    if not session["amount_total"]:
        return _complete(book, session, status="no_payment_required")
    intent = _intent_of(book, session)
    if is_declined:
        declined = {"code": "card_declined", "decline_code": "generic_decline"}
        intent["last_payment_error"] = {
            **declined,
            "message": "Your card was declined.",
            "type": "card_error",
        }
        book.happened("payment_intent.payment_failed", intent)
        raise Fault(
            402,
            "card_declined",
            "Your card was declined.",
            kind="card_error",
            decline_code="generic_decline",
        )
    _charge(book, intent)
    return _complete(book, session, status="paid")


def _intent_of(book: Book, session: Object) -> Object:
    if session["payment_intent"]:
        return book.find("payment_intent", session["payment_intent"])
    wanted = book.asked[session["id"]].get("payment_intent_data", {})
    intent = book.add(
        "payment_intent",
        amount=session["amount_total"],
        amount_received=0,
        currency=session["currency"],
        status="requires_payment_method",
        transfer_group=wanted.get("transfer_group"),
        metadata=wanted.get("metadata", {}),
        latest_charge=None,
        last_payment_error=None,
        livemode=False,
    )
    session["payment_intent"] = intent["id"]
    return intent


def _charge(book: Book, intent: Object) -> None:
    amount, currency = intent["amount"], intent["currency"]
    charge = book.add(
        "charge",
        amount=amount,
        amount_captured=amount,
        amount_refunded=0,
        captured=True,
        currency=currency,
        disputed=False,
        livemode=False,
        metadata=intent["metadata"],
        paid=True,
        payment_intent=intent["id"],
        refunded=False,
        status="succeeded",
        transfer_group=intent["transfer_group"],
    )
    fee = amount * book.fee_bps // WHOLE_BPS
    moved = book.note("charge", charge["id"], currency, amount, fee=fee)
    charge["balance_transaction"] = moved["id"]
    intent |= {
        "status": "succeeded",
        "amount_received": amount,
        "latest_charge": charge["id"],
        "last_payment_error": None,
    }
    book.earn(PLATFORM, currency, amount - fee)
    book.happened("charge.succeeded", charge)
    book.happened("payment_intent.succeeded", intent)


def _complete(book: Book, session: Object, *, status: str) -> Object:
    session |= {"status": "complete", "payment_status": status, "url": None}
    book.happened("checkout.session.completed", session)
    return session


def expire(book: Book, params: dict[str, Any], name: str) -> Object:
    del params
    session = book.find("checkout.session", name)
    if session["status"] != "open":
        raise Fault(
            400,
            "session_closed",
            f"Only open sessions expire, not {session['status']}.",
        )
    session |= {"status": "expired", "url": None}
    book.happened("checkout.session.expired", session)
    return session
