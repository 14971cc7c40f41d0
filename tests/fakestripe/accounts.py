"""Owners as connected accounts: made, onboarded, asked for what they hold."""

from typing import Any

from tests.fakestripe.book import Book, Object

LINK_SECONDS = 300


def create(book: Book, params: dict[str, Any]) -> Object:
    wanted = params.get("capabilities", {})
    return book.add(
        "account",
        type=params.get("type", "express"),
        country=params.get("country", "US"),
        default_currency=params.get("default_currency", "eur"),
        email=params.get("email"),
        business_type=params.get("business_type"),
        capabilities=dict.fromkeys(wanted, "inactive"),
        charges_enabled=False,
        payouts_enabled=False,
        details_submitted=False,
        metadata=params.get("metadata", {}),
        requirements={
            "currently_due": ["external_account", "tos_acceptance.date"],
            "disabled_reason": "requirements.past_due",
        },
    )


def retrieve(book: Book, params: dict[str, Any], name: str) -> Object:
    del params
    return book.find("account", name)


def link(book: Book, params: dict[str, Any]) -> Object:
    """Return an address of onboarding; the page sends whoever finishes it back."""
    account = book.find("account", params["account"])
    back = params.get("return_url", "")
    return {
        "object": "account_link",
        "created": int(book.now()),
        "expires_at": int(book.now()) + LINK_SECONDS,
        "url": f"{book.address}/onboard/{account['id']}?return_url={back}",
    }


def onboard(book: Book, name: str) -> Object:
    """Let an owner fill in all that Stripe asks for."""
    account = book.find("account", name)
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active")
    account["requirements"] = {"currently_due": [], "disabled_reason": None}
    for name_of_switch in ("charges_enabled", "payouts_enabled", "details_submitted"):
        account[name_of_switch] = True
    book.happened("account.updated", account)
    return account


def restrict(book: Book, name: str, *, reason: str = "rejected.other") -> Object:
    """Take an account's capabilities, as Stripe does where it has doubts."""
    account = book.find("account", name)
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    account["requirements"] = {"currently_due": [], "disabled_reason": reason}
    account["charges_enabled"] = account["payouts_enabled"] = False
    book.happened("account.updated", account)
    return account
