"""Stripe: Checkout for buyers, Connect Express for owners. Nothing else imports its SDK.

Charges and transfers are separate. Every write carries an idempotency key made from a row
of ours, so that the same again is the same. What was paid is read from objects fetched
here (https://docs.stripe.com/connect/separate-charges-and-transfers).
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe
from django.utils.translation import gettext
from stripe import RequestsClient, StripeClient

from licensing.payments.processor import (
    ODD_UNITS,
    Back,
    Errands,
    Movement,
    NotGenuine,
    Onward,
    Recall,
    SeenAccount,
    SeenCheckout,
    SeenDispute,
    SeenRefund,
    Told,
    Verdict,
)
from licensing.payments.protocol import Asked, Due, ProviderRefused, ProviderSilent

TIMEOUT_SECONDS = (5, 20)  # to connect, to answer
SKEW_SECONDS = 300  # how old, or how far ahead, a signature may be
PAGE = 100
SILENT = "Stripe does not answer. Nothing is lost; try again in a minute."
OUR_KEY = "stoa_key"
SEEN = ["payment_intent.latest_charge.balance_transaction"]
VERDICTS = {
    "won": Verdict.WON,
    "lost": Verdict.LOST,
    "warning_needs_response": Verdict.ASKED,
    "warning_under_review": Verdict.ASKED,
    "warning_closed": Verdict.ASKED,
    "prevented": Verdict.ASKED,
}


@contextmanager
def _answered() -> Iterator[None]:
    """Tell apart an answer that may come yet, and a refusal."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as fault:
        raise ProviderSilent(SILENT) from fault
    except (stripe.AuthenticationError, stripe.PermissionError) as fault:
        raise ProviderSilent(
            gettext("Stripe does not let us in. Check its key.")
        ) from fault
    except stripe.StripeError as fault:
        if fault.http_status in {None, 409} or (fault.http_status or 0) >= 500:
            raise ProviderSilent(SILENT) from fault
        said = fault.user_message or type(fault).__name__
        raise ProviderRefused(f"Stripe: {said}") from fault


@dataclass(frozen=True, slots=True)
class Stripe:
    """One account at Stripe, of the platform.

    Args:
        client: of the SDK, with the key and the address.
        webhook_secrets: what Stripe signs events with, by endpoint.
        country: where owners' accounts are opened, by ISO 3166.
        has_tax: let Stripe Tax tell what part of a price is tax.
    """

    client: StripeClient
    webhook_secrets: tuple[str, ...]
    country: str
    has_tax: bool

    @classmethod
    def configured(
        cls, *, key: str, webhook_secret: str, base: str, country: str, has_tax: bool
    ) -> "Stripe":
        client = StripeClient(
            key,
            base_addresses={"api": base} if base else None,
            max_network_retries=1,
            http_client=RequestsClient(timeout=TIMEOUT_SECONDS),
        )
        return cls(client, tuple(webhook_secret.split()), country, has_tax)

    def ask(self, due: Due) -> Asked:
        ends_at = due.expires_at
        if due.currency in ODD_UNITS:
            raise ProviderRefused(
                gettext("%(currency)s is not taken by card here.")
                % {"currency": due.currency}
            )
        wanted: Any = {
            "mode": "payment",
            "client_reference_id": due.key,
            "success_url": due.back_url,
            "cancel_url": due.back_url,
            **({"expires_at": int(ends_at.timestamp())} if ends_at else {}),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": due.currency.lower(),
                        "unit_amount": line.minor,
                        "product_data": {"name": line.title},
                        **({"tax_behavior": "inclusive"} if self.has_tax else {}),
                    },
                }
                for line in due.lines
            ],
            "payment_intent_data": {
                "transfer_group": due.group,
                "metadata": {"order": due.group},
            },
            "metadata": {"order": due.group},
            **({"automatic_tax": {"enabled": True}} if self.has_tax else {}),
        }
        with _answered():
            made = self.client.v1.checkout.sessions.create(
                wanted, {"idempotency_key": due.key}
            )
        return Asked(url=made.url or "", external_id=made.id)

    def send_back(self, back: Back) -> str:
        wanted: Any = {
            "payment_intent": back.reference,
            "amount": back.minor,
            "metadata": {OUR_KEY: back.key},
        }
        with _answered():
            return self.client.v1.refunds.create(
                wanted, {"idempotency_key": back.key}
            ).id

    def pass_on(self, onward: Onward) -> str:
        wanted: Any = {
            "amount": onward.minor,
            "currency": onward.currency.lower(),
            "destination": onward.account,
            "transfer_group": onward.group,
            "metadata": {OUR_KEY: onward.key},
            "source_transaction": onward.charge,
        }
        with _answered():
            return self.client.v1.transfers.create(
                wanted, {"idempotency_key": onward.key}
            ).id

    def take_back(self, recall: Recall) -> str:
        wanted: Any = {"amount": recall.minor, "metadata": {OUR_KEY: recall.key}}
        with _answered():
            return self.client.v1.transfers.reversals.create(
                recall.reference, wanted, {"idempotency_key": recall.key}
            ).id

    def done(self, asked: Errands) -> str:
        with _answered():
            for one in self._alike(asked).auto_paging_iter():
                if (one.to_dict().get("metadata") or {}).get(OUR_KEY) == asked.key:
                    return str(one.id)
        return ""

    def _alike(self, asked: Errands) -> stripe.ListObject[Any]:
        """Return what was done for the same payment, order or transfer."""
        match asked:
            case Back():
                return self.client.v1.refunds.list(
                    {"payment_intent": asked.reference, "limit": PAGE}
                )
            case Onward():
                return self.client.v1.transfers.list(
                    {"transfer_group": asked.group, "limit": PAGE}
                )
            case Recall():
                return self.client.v1.transfers.reversals.list(
                    asked.reference, {"limit": PAGE}
                )

    def told(self, body: bytes, signature: str) -> Told:
        if not any(_is_signed(body, signature, one) for one in self.webhook_secrets):
            raise NotGenuine(gettext("This is not signed by Stripe, or not just now."))
        try:
            said = json.loads(body)
            thing = said["data"]["object"]
            return Told(
                external_id=str(said["id"]),
                kind=str(said["type"]),
                about=str(thing["object"]),
                about_id=str(thing["id"]) if "id" in thing else "",
            )
        except (ValueError, KeyError, TypeError) as fault:
            raise NotGenuine(gettext("This is no event of Stripe's.")) from fault

    def checkout(self, external_id: str) -> SeenCheckout:
        with _answered():
            return _seen(
                self.client.v1.checkout.sessions.retrieve(external_id, {"expand": SEEN})
            )

    def checkout_of(self, intent: str) -> SeenCheckout | None:
        with _answered():
            found = self.client.v1.checkout.sessions.list({"payment_intent": intent})
        return self.checkout(found.data[0].id) if found.data else None

    def close_checkout(self, external_id: str) -> SeenCheckout:
        seen = self.checkout(external_id)
        if not seen.is_open:
            return seen
        try:
            with _answered():
                self.client.v1.checkout.sessions.expire(external_id)
        except ProviderRefused:  # paid, or over, in this moment
            pass
        return self.checkout(external_id)

    def intent_of(self, charge: str) -> str:
        with _answered():
            found = self.client.v1.charges.retrieve(charge)
        return _id(found.payment_intent)

    def refund(self, external_id: str) -> SeenRefund:
        with _answered():
            return _seen_refund(self.client.v1.refunds.retrieve(external_id))

    def refunds_of(self, intent: str) -> list[SeenRefund]:
        with _answered():
            found = self.client.v1.refunds.list(
                {"payment_intent": intent, "limit": PAGE}
            )
            return [_seen_refund(one) for one in found.auto_paging_iter()]

    def dispute(self, external_id: str) -> SeenDispute:
        with _answered():
            found = self.client.v1.disputes.retrieve(external_id)
        moved = found.to_dict().get("balance_transactions") or []
        ours = [one for one in moved if one["currency"] == found.currency]
        return SeenDispute(
            external_id=found.id,
            intent=_id(found.payment_intent),
            minor=found.amount,
            fees=tuple((one["id"], one["fee"]) for one in ours if one["fee"]),
            reason=found.reason,
            verdict=VERDICTS.get(found.status, Verdict.OPEN),
        )

    def open_account(self, *, key: str, email: str) -> SeenAccount:
        wanted: Any = {
            "type": "express",
            "country": self.country,
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {OUR_KEY: key},
            **({"email": email} if email else {}),
        }
        with _answered():
            return _seen_account(
                self.client.v1.accounts.create(wanted, {"idempotency_key": key})
            )

    def account(self, account: str) -> SeenAccount:
        with _answered():
            return _seen_account(self.client.v1.accounts.retrieve(account))

    def onboarding_url(self, account: str, *, back_url: str, again_url: str) -> str:
        with _answered():
            return self.client.v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": back_url,
                    "refresh_url": again_url,
                }
            ).url

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        wanted: Any = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with _answered():
            found = self.client.v1.balance_transactions.list(wanted)
            for one in found.auto_paging_iter():
                yield Movement(
                    external_id=one.id,
                    kind=one.type,
                    source=_id(one.source),
                    currency=one.currency.upper(),
                    net_minor=one.net,
                    at=datetime.fromtimestamp(one.created, UTC),
                )

    def balance(self) -> dict[str, int]:
        with _answered():
            found = self.client.v1.balance.retrieve()
        held: Counter[str] = Counter()
        for part in (found.available, found.pending):
            held.update({one.currency.upper(): one.amount for one in part})
        return dict(held)


def _seen(session: stripe.checkout.Session) -> SeenCheckout:
    said = session.to_dict()
    intent: Mapping[str, Any] = said.get("payment_intent") or {}
    charge: Mapping[str, Any] = intent.get("latest_charge") or {}
    moved: Mapping[str, Any] = charge.get("balance_transaction") or {}
    is_paid = intent.get("status") == "succeeded"
    is_ours = moved.get("currency") == intent.get("currency")
    return SeenCheckout(
        external_id=session.id,
        key=session.client_reference_id or "",
        url=session.url or "",
        is_open=session.status == "open" or intent.get("status") == "processing",
        is_paid=is_paid,
        currency=str(intent.get("currency") or session.currency or "").upper(),
        minor=int(intent["amount_received"]) if is_paid else 0,
        intent=str(intent.get("id", "")),
        charge=str(charge.get("id", "")),
        fee_minor=int(moved["fee"]) if moved and is_ours else 0,
    )


def _seen_refund(refund: stripe.Refund) -> SeenRefund:
    said = refund.to_dict()
    return SeenRefund(
        external_id=refund.id,
        key=(said.get("metadata") or {}).get(OUR_KEY, ""),
        intent=_id(refund.payment_intent),
        minor=refund.amount,
        has_failed=refund.status in {"failed", "canceled"},
    )


def _seen_account(account: stripe.Account) -> SeenAccount:
    said = account.to_dict()
    asked = said.get("requirements") or {}
    return SeenAccount(
        account=account.id,
        is_payable=(said.get("capabilities") or {}).get("transfers") == "active",
        has_told_all=bool(said.get("details_submitted")),
        missing=tuple(asked.get("currently_due") or ()),
        refused_for=asked.get("disabled_reason") or "",
    )


def _id(named: Any) -> str:
    """Return the id of what the SDK gives as an id or, expanded, as the thing."""
    return named if isinstance(named, str) else str(getattr(named, "id", "") or "")


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Say whether a secret signed it, and that no longer ago, or ahead, than clocks err."""
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(), signature, secret, SKEW_SECONDS
        )
        stated = dict(part.split("=", 1) for part in signature.split(","))
        return int(stated["t"]) - time.time() <= SKEW_SECONDS
    except (stripe.SignatureVerificationError, ValueError, KeyError):
        return False
