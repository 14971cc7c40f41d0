"""A provider that moves money by itself, and tells what it has seen when it is asked.

Amounts are read here, from the processor's own objects, and nowhere else: what a browser
or an event says of money is never believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from licensing.payments.protocol import Provider
from marketplace.kit.errors import DomainError

# Counted otherwise than in ISO 4217, or in tens of the smallest unit, which no share
# need come to (https://docs.stripe.com/currencies).
ODD_UNITS = frozenset(["ISK", "MGA", "UGX", "BHD", "JOD", "KWD", "OMR", "TND"])


class NotGenuine(DomainError):
    """What claims to come from the processor is not signed by it, or long ago."""

    code = "not_genuine"
    status = 400


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back to who paid: `minor` of the payment that `reference` names."""

    key: str
    reference: str
    minor: int


@dataclass(frozen=True, slots=True)
class Onward:
    """What goes to the owner of an account, out of one charge."""

    key: str
    group: str
    account: str
    currency: str
    minor: int
    charge: str


@dataclass(frozen=True, slots=True)
class Recall:
    """What is taken back of money that went on: `minor` of what `reference` names."""

    key: str
    reference: str
    minor: int


Errands = Back | Onward | Recall


@dataclass(frozen=True, slots=True)
class Told:
    """An event, as far as it is believed: that something happened to one thing."""

    external_id: str
    kind: str
    about: str
    about_id: str


@dataclass(frozen=True, slots=True)
class SeenCheckout:
    """A page to pay on. `minor` is what was received, and `fee_minor` kept of it.

    Open without a `url`, it was filled in, and a bank is still at work.
    """

    external_id: str
    key: str
    url: str
    is_open: bool
    is_paid: bool
    currency: str
    minor: int
    intent: str
    charge: str
    fee_minor: int


@dataclass(frozen=True, slots=True)
class SeenRefund:
    """Money sent back; `key` is ours, and empty if somebody did it by hand."""

    external_id: str
    key: str
    intent: str
    minor: int
    has_failed: bool


class Verdict(Enum):
    ASKED = "asked"  # the bank wants to know more, and has taken nothing back
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """A payment that a bank took back; `fees` are what was kept for it, each by name."""

    external_id: str
    intent: str
    minor: int
    fees: tuple[tuple[str, int], ...]
    reason: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An owner's account: `missing` is what they still have to tell the processor."""

    account: str
    is_payable: bool
    has_told_all: bool
    missing: tuple[str, ...]
    refused_for: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of what the processor holds for us: `net_minor`, after its fee."""

    external_id: str
    kind: str
    source: str
    currency: str
    net_minor: int
    at: datetime


class Processor(Provider, Protocol):
    """Takes cards, sends money back and on to owners, and answers questions.

    Each method raises ProviderSilent where nobody answers, and ProviderRefused. What is
    sent bears a key of ours: the same again is the same, and gives the same name of it.
    """

    def send_back(self, back: Back) -> str:
        """Send money back to who paid it; return the processor's name of that."""
        ...

    def pass_on(self, onward: Onward) -> str:
        """Send money to an owner; return the processor's name of that."""
        ...

    def take_back(self, recall: Recall) -> str:
        """Take back money that went to an owner; return the processor's name of that."""
        ...

    def done(self, asked: Errands) -> str:
        """Return the processor's name of what it did under this key, if it did it."""
        ...

    def told(self, body: bytes, signature: str) -> Told:
        """Return the event that a request brought.

        Raises:
            NotGenuine: it is not signed by the processor, or too long ago or ahead.
        """
        ...

    def checkout(self, external_id: str) -> SeenCheckout: ...

    def checkout_of(self, intent: str) -> SeenCheckout | None:
        """Return the page on which a payment was made, if it was on one."""
        ...

    def close_checkout(self, external_id: str) -> SeenCheckout:
        """Let nobody pay on a page any more; return it as it is then, paid or not."""
        ...

    def intent_of(self, charge: str) -> str:
        """Return the payment that a charge belongs to, or nothing."""
        ...

    def refund(self, external_id: str) -> SeenRefund: ...

    def refunds_of(self, intent: str) -> list[SeenRefund]: ...

    def dispute(self, external_id: str) -> SeenDispute: ...

    def open_account(self, *, key: str, email: str) -> SeenAccount: ...

    def account(self, account: str) -> SeenAccount: ...

    def onboarding_url(self, account: str, *, back_url: str, again_url: str) -> str:
        """Return where an owner tells what the processor asks; it works once."""
        ...

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        """Yield what changed what it holds for us, the newest first."""
        ...

    def balance(self) -> dict[str, int]:
        """Return what the processor holds for us, on its way or not, by currency."""
        ...
