"""What every provider of payments does: say how somebody pays what is due.

All amounts are integers in the currency's own minor unit. A provider knows nothing of
our tables: what it is told and what it answers are frozen values. One that moves money by
itself is a `Processor`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from marketplace.kit.errors import DomainError


class ProviderSilent(DomainError):
    """The provider could not be reached or did not answer; the same again is safe."""

    code = "provider_silent"
    status = 503


class ProviderRefused(DomainError):
    """The provider understood and said no; the same again would be refused as well."""

    code = "provider_refused"


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    minor: int


@dataclass(frozen=True, slots=True)
class Due:
    """What a buyer is to be asked for.

    `key` makes asking twice one asking; `group` ties what comes in to what is passed on;
    `back_url` is where the buyer's browser returns to; `expires_at` ends the asking.
    """

    key: str
    group: str
    currency: str
    minor: int
    lines: tuple[Line, ...] = ()
    back_url: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How the buyer pays: on a page, or by a transfer to an account with a reference.

    Nothing is said where nothing is due. `external_id` is the provider's name of the page.
    """

    url: str = ""
    external_id: str = ""
    recipient: str = ""
    account: str = ""
    reference: str = ""


class Provider(Protocol):
    """One way to pay."""

    def ask(self, due: Due) -> Asked:
        """Return how the buyer pays what is due.

        Raises:
            ProviderSilent: it did not answer.
            ProviderRefused: it takes no payment for this.
        """
        ...
