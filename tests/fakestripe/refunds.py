"""Money sent back to buyers: by us, or by their bank in a dispute."""

from typing import Any

from tests.fakestripe.book import PLATFORM, Book, Object, require_amount
from tests.fakestripe.faults import Fault

EVIDENCE_SECONDS = 7 * 24 * 3600


def create(book: Book, params: dict[str, Any]) -> Object:
    charge = _charge_of(book, params)
    if charge["disputed"]:
        raise Fault(
            400,
            "charge_disputed",
            "This charge was charged back and cannot be refunded.",
        )
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    require_amount(amount, most=left, code="charge_already_refunded", of="refund")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    book.earn(PLATFORM, charge["currency"], -amount)
    refund = book.add(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=params.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        status="succeeded",
    )
    moved = book.note("refund", refund["id"], refund["currency"], -amount)
    refund["balance_transaction"] = moved["id"]
    book.happened("refund.created", refund)
    book.happened("charge.refunded", charge)
    return refund


def _charge_of(book: Book, params: dict[str, Any]) -> Object:
    if "charge" in params:
        return book.find("charge", params["charge"])
    if "payment_intent" not in params:
        raise Fault(400, "parameter_missing", "Give charge or payment_intent.")
    intent = book.find("payment_intent", params["payment_intent"])
    if not intent["latest_charge"]:
        raise Fault(400, "payment_intent_unexpected_state", "Nothing was charged.")
    return book.find("charge", intent["latest_charge"])


def dispute(book: Book, name: str, *, amount: int | None = None) -> Object:
    """Let the buyer's bank take the money back until it is decided."""
    charge = book.find("charge", name)
    if charge["disputed"]:
        raise Fault(400, "charge_disputed", "This charge is disputed already.")
    charge["disputed"] = True
    opened = book.add(
        "dispute",
        amount=charge["amount"] - charge["amount_refunded"]
        if amount is None
        else amount,
        charge=name,
        currency=charge["currency"],
        evidence_details={
            "due_by": int(book.now()) + EVIDENCE_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        livemode=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason="product_not_received",
        status="needs_response",
        balance_transactions=[],
    )
    book.earn(PLATFORM, opened["currency"], -opened["amount"])
    _note(book, opened, -opened["amount"])
    book.happened("charge.dispute.created", opened)
    book.happened("charge.dispute.funds_withdrawn", opened)
    return opened


def decide(book: Book, name: str, *, is_won: bool) -> Object:
    """Let the bank decide a dispute; what is won comes back."""
    decided = book.find("dispute", name)
    if decided["status"] in ("won", "lost"):
        raise Fault(400, "dispute_closed", f"It was {decided['status']} before.")
    decided["status"] = "won" if is_won else "lost"
    if is_won:
        book.earn(PLATFORM, decided["currency"], decided["amount"])
        _note(book, decided, decided["amount"])
        book.find("charge", decided["charge"])["disputed"] = False
        book.happened("charge.dispute.funds_reinstated", decided)
    book.happened("charge.dispute.closed", decided)
    return decided


def _note(book: Book, disputed: Object, minor: int) -> None:
    moved = book.note("adjustment", disputed["id"], disputed["currency"], minor)
    disputed["balance_transactions"].append(moved)


def concede(book: Book, params: dict[str, Any], name: str) -> Object:
    """Give a dispute up, by the API."""
    del params
    return decide(book, name, is_won=False)
