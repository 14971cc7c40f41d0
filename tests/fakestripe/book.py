"""What this Stripe knows: objects by id, money by account, events in their order."""

import copy
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import stripe

from tests.fakestripe.contract import require_declared
from tests.fakestripe.faults import Fault, missing

Object = dict[str, Any]
PLATFORM = "acct_platform"
PREFIXES = {
    "account": "acct",
    "balance_transaction": "txn",
    "charge": "ch",
    "checkout.session": "cs_test",
    "coupon": "cpn",
    "dispute": "du",
    "event": "evt",
    "payment_intent": "pi",
    "refund": "re",
    "transfer": "tr",
    "transfer_reversal": "trr",
}


@dataclass
class Book:
    """The state of one fake; whoever calls holds its lock.

    Args:
        now: the time in seconds since 1970; tests set it on.
        address: where its pages are, without a slash at the end.
        fee_bps: what Stripe keeps of a charge, in hundredths of a per cent.
    """

    now: Callable[[], float]
    address: str
    fee_bps: int = 0
    objects: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    settled: defaultdict[tuple[str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    pending: defaultdict[tuple[str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    asked: dict[str, Object] = field(default_factory=dict)  # of a session, by its id
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    begun: int = field(init=False)  # in each id, so that a book begun later has others

    def __post_init__(self) -> None:
        self.begun = int(self.now())

    def add(self, kind: str, known_as: str = "", /, **fields: Any) -> Object:
        """Keep a new object; return it, to be changed in place by whoever acts on it."""
        made = {
            "id": known_as or f"{PREFIXES[kind]}_{self.begun:x}{next(self.numbers):06}",
            "object": kind,
            "created": int(self.now()),
            **fields,
        }
        require_declared(made)
        self.objects[made["id"]] = made
        return made

    def find(self, kind: str, name: str) -> Object:
        """Return an object.

        Raises:
            Fault: there is none of that kind by that id.
        """
        found = self.objects.get(name)
        if found is None or found["object"] != kind:
            raise missing(kind, name)
        return found

    def all_of(self, kind: str, **wanted: Any) -> list[Object]:
        """Return the objects of a kind with these values, newest first."""
        found = [
            one
            for one in self.objects.values()
            if one["object"] == kind
            and all(one.get(name) == value for name, value in wanted.items())
        ]
        return found[::-1]

    def happened(self, kind: str, thing: Object) -> None:
        """Note an event, with the thing as it is now."""
        require_declared(thing)
        event = self.add(
            "event",
            type=kind,
            api_version=stripe.api_version,
            data={"object": copy.deepcopy(thing)},
            livemode=False,
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        self.events.append(event)

    def earn(self, account: str, currency: str, minor: int) -> None:
        """Add to what is on its way to an account; `settle` lets it arrive."""
        self.pending[account, currency] += minor

    def note(
        self, kind: str, source: str, currency: str, minor: int, *, fee: int = 0
    ) -> Object:
        """Note a movement of the platform's own balance, as its statement has it."""
        return self.add(
            "balance_transaction",
            type=kind,
            source=source,
            currency=currency,
            amount=minor,
            fee=fee,
            net=minor - fee,
            status="available",
            available_on=int(self.now()),
        )

    def move(self, currency: str, minor: int, *, source: str, target: str) -> None:
        """Move money between two accounts at once."""
        self.settled[source, currency] -= minor
        self.settled[target, currency] += minor

    def settle(self) -> None:
        """Let all that is on its way arrive."""
        for place, minor in self.pending.items():
            self.settled[place] += minor
        self.pending.clear()

    def held(self, account: str, currency: str) -> int:
        """Return what an account has, arrived or not, in minor units."""
        return self.settled[account, currency] + self.pending[account, currency]

    def balance_of(self, account: str) -> Object:
        def told(sums: dict[tuple[str, str], int]) -> list[Object]:
            mine = {
                money: minor for (who, money), minor in sums.items() if who == account
            }
            return [
                {"amount": mine[money], "currency": money} for money in sorted(mine)
            ]

        return {
            "object": "balance",
            "livemode": False,
            "available": told(self.settled),
            "pending": told(self.pending),
        }


def require_amount(minor: int, *, most: int, code: str, of: str) -> None:
    """Return if an amount is above zero and within what is left.

    Raises:
        Fault: it is not; the message says what is left.
    """
    if not 1 <= minor <= most:
        raise Fault(
            400, code, f"{of}: {minor} is not from 1 to {most}.", param="amount"
        )
