"""Money passed on to owners, and taken back."""

from typing import Any

from tests.fakestripe.book import PLATFORM, Book, Object, require_amount
from tests.fakestripe.faults import Fault


def create(book: Book, params: dict[str, Any]) -> Object:
    """Pass money on; with a source, of that charge alone and before it has settled."""
    account = book.find("account", params["destination"])
    if account["capabilities"].get("transfers") != "active":
        raise Fault(
            400,
            "insufficient_capabilities_for_transfer",
            "Your destination account needs to have the `transfers` capability enabled.",
        )
    amount, currency = params.get("amount", 0), params["currency"]
    source = params.get("source_transaction")
    if source:
        charge = book.find("charge", source)
        if charge["currency"] != currency:
            raise Fault(400, "parameter_invalid", "currency: not the charge's.")
        passed_on = sum(
            one["amount"] for one in book.all_of("transfer", source_transaction=source)
        )
        left = charge["amount"] - passed_on
        group = charge["transfer_group"]
    else:
        left = book.settled[PLATFORM, currency]
        group = None
    require_amount(amount, most=left, code="balance_insufficient", of="transfer")
    transfer = book.add(
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=currency,
        destination=account["id"],
        metadata=params.get("metadata", {}),
        reversed=False,
        source_transaction=source,
        transfer_group=params.get("transfer_group", group),
        livemode=False,
    )
    book.move(currency, amount, source=PLATFORM, target=account["id"])
    book.note("transfer", transfer["id"], currency, -amount)
    book.happened("transfer.created", transfer)
    return transfer


def reverse(book: Book, params: dict[str, Any], name: str) -> Object:
    """Take back a transfer, whole or in part; the owner's balance may go below zero."""
    transfer = book.find("transfer", name)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    require_amount(amount, most=left, code="transfer_reversed", of="reversal")
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    account, currency = transfer["destination"], transfer["currency"]
    book.move(currency, amount, source=account, target=PLATFORM)
    book.happened("transfer.reversed", transfer)
    reversal = book.add(
        "transfer_reversal",
        amount=amount,
        currency=currency,
        metadata=params.get("metadata", {}),
        transfer=name,
    )
    book.note("transfer_refund", reversal["id"], currency, amount)
    return reversal
