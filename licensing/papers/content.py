"""What an invoice or a credit note says, frozen as JSON when it is issued. Pure.

Everything that the PDF and the XML show stands here, so that neither asks the database,
and what is renamed later changes no document.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

FORMAT = "stoa-paper/1"
UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_day = date.fromisoformat


@dataclass(frozen=True, slots=True)
class Address:
    """A side of the document as it is to be named; empty is what nobody gave."""

    name: str
    address: str
    country: str
    vat_id: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line: `price_minor` is of all `quantity`, `net_minor` without the tax."""

    title: str
    detail: str
    quantity: int
    price_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Tax:
    """The one tax of a document; with `is_included` it is in the prices of its lines."""

    country: str
    rate_bps: int
    minor: int
    is_included: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A whole document.

    Attributes:
        kind: INVOICE or CREDIT_NOTE.
        number: its own.
        corrects: the invoice's number that a credit note is about; else empty.
        corrects_on: when that was issued.
        reason: why money went back; else empty.
        issued_on: the day on it.
        supplied_on: when what was bought was granted.
        order: the order's number.
        ordered_on: when it was placed.
        currency: ISO 4217.
        issuer: who sells.
        issuer_note: what else the issuer's documents say, such as a register number.
        buyer: to whom it is made out.
        items: at least one.
        tax: of all of it.
    """

    kind: str
    number: str
    corrects: str
    corrects_on: date | None
    reason: str
    issued_on: date
    supplied_on: date
    order: str
    ordered_on: date
    currency: str
    issuer: Address
    issuer_note: str
    buyer: Address
    items: Sequence[Item]
    tax: Tax

    @property
    def net_minor(self) -> int:
        return sum(item.net_minor for item in self.items)

    @property
    def discount_minor(self) -> int:
        return sum(item.discount_minor for item in self.items)

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax.minor

    @property
    def is_credit(self) -> bool:
        return self.kind == "CREDIT_NOTE"

    def frozen(self) -> dict[str, Any]:
        """Return it as JSON, with the sums that follow from it written out."""
        said = asdict(self)
        for day in ("corrects_on", "issued_on", "supplied_on", "ordered_on"):
            said[day] = said[day].isoformat() if said[day] else None
        sums = {
            "net_minor": self.net_minor,
            "discount_minor": self.discount_minor,
            "total_minor": self.total_minor,
        }
        return {"format": FORMAT, **said, **sums, "items": list(said["items"])}


def plain(text: str) -> str:
    """Return text as XML can carry it: without what no reader could see."""
    return UNPRINTABLE.sub("", text).strip()


def thawed(said: Mapping[str, Any]) -> Content:
    """Return what `Content.frozen` wrote."""
    plain = ("kind", "number", "corrects", "reason", "order", "currency", "issuer_note")
    return Content(
        **{name: said[name] for name in plain},
        corrects_on=_day(said["corrects_on"]) if said["corrects_on"] else None,
        issued_on=_day(said["issued_on"]),
        supplied_on=_day(said["supplied_on"]),
        ordered_on=_day(said["ordered_on"]),
        issuer=Address(**said["issuer"]),
        buyer=Address(**said["buyer"]),
        items=tuple(Item(**item) for item in said["items"]),
        tax=Tax(**said["tax"]),
    )
