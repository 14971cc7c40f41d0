"""How money moves: nothing due, bank transfers, Stripe. A provider is one file."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from licensing.payments.free import Free
from licensing.payments.manual import Manual
from licensing.payments.processor import ODD_UNITS, Processor
from licensing.payments.protocol import Asked, Due

STRIPE = "licensing.payments.stripe.Stripe"  # by name: its SDK takes 20 MB


@dataclass(frozen=True, slots=True)
class Ways:
    """How an order may be paid: by card, by bank transfer, or by either."""

    card: bool
    transfer: bool


def ways_to_pay(environment: Any, *, currency: str) -> Ways:
    """Return how amounts of a currency are paid.

    By transfer, where buyers are told an account; and where no card is taken, until the
    operator tells of one.
    """
    card = environment.takes_cards and currency not in ODD_UNITS
    return Ways(card, bool(environment.bank_details) or not card)


def asked_without_cards(due: Due, environment: Any) -> Asked:
    """Return how one pays where no processor does it: by transfer, or not at all."""
    if not due.minor:
        return Free().ask(due)
    return Manual(environment.operator_name, environment.bank_details).ask(due)


def processor_of(environment: Any) -> Processor | None:
    """Return this process's way to take cards; None where the operator has no key."""
    return _processor(
        environment.stripe_secret_key,
        environment.stripe_webhook_secret,
        environment.stripe_api_base,
        environment.stripe_connect_country,
        environment.stripe_tax,
    )


@lru_cache(maxsize=4)
def _processor(
    key: str,
    webhook_secret: str,
    base: str,
    country: str,
    has_tax: bool,  # noqa: FBT001  a cache's key
) -> Processor | None:
    if not key:
        return None
    made: Processor = import_string(STRIPE).configured(
        key=key,
        webhook_secret=webhook_secret,
        base=base,
        country=country,
        has_tax=has_tax,
    )
    return made
