"""What a reconciliation tells: rows, how their sides stand to each other, what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from licensing.models import Entry, PaymentProvider

HEAD = (
    *("at", "finding", "place", "what", "source", "order", "currency"),
    *("provider_minor", "ledger_minor", "words", "advice"),
)
BANK, STRIPE = PaymentProvider.MANUAL.label, PaymentProvider.STRIPE.label


class Finding(TextChoices):
    """How the sides stand to each other; all but the first are for a person."""

    AGREES = "AGREES", _("Agrees")
    UNCONFIRMED = "UNCONFIRMED", _("Booked, not confirmed at the bank")
    NOT_BOOKED = "NOT_BOOKED", _("At the provider, not in the ledger")
    NOT_THERE = "NOT_THERE", _("In the ledger, not at the provider")
    AMOUNT = "AMOUNT", _("Two amounts")
    ORDER = "ORDER", _("Order and ledger differ")
    REFUSED = "REFUSED", _("Refused by the provider")
    STUCK = "STUCK", _("Told by the provider, in vain")


ADVICE: dict[str, str] = {
    Finding.UNCONFIRMED: "Send the transfer at your bank if it did not go yet, and record "
    "its reference where the link leads, or that it did not arrive.",
    Finding.NOT_BOOKED: "Look it up at the provider. What was paid for an order here is "
    "booked by itself within minutes; if it stays, have the provider send its event again. "
    "What somebody moved by hand there is for your own books.",
    Finding.NOT_THERE: "What was just sent can take an hour to show. If it stays, look it "
    "up at the provider by this name; if it failed there, record that it did not arrive.",
    Finding.AMOUNT: "Open it at the provider. A fee in another currency than the order’s "
    "is not booked here; anything else was changed by hand there.",
    Finding.ORDER: "No page can bring this about. Run “manage.py ledger_check”, keep what "
    "it says, and neither refund nor pay out the order until it is explained.",
    Finding.REFUSED: "Read why. If it is still owed, do it by hand at the provider, and "
    "record that here.",
    Finding.STUCK: "It is tried again by itself. If it stays for a day, look up at the "
    "provider what it is about, and do by hand what it asks for.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What the sides say of one source of money, in minor units, after fees.

    None is nothing said. `provider_minor` is the processor's own word, or what operators
    confirmed of the bank. `path` leads to where it can be mended, empty if nowhere here.
    """

    at: datetime
    finding: Finding
    place: str
    what: str
    source: str
    order: str
    currency: str
    provider_minor: int | None
    ledger_minor: int | None
    words: str = ""
    path: str = ""

    @property
    def agrees(self) -> bool:
        return self.finding == Finding.AGREES

    @property
    def advice(self) -> str:
        return ADVICE.get(self.finding, "")

    @property
    def cells(self) -> tuple[object, ...]:
        """The row for a bookkeeper, under `HEAD`."""
        return (
            self.at.isoformat(),
            *(self.finding, self.place, self.what, self.source, self.order),
            *(self.currency, self.provider_minor, self.ledger_minor),
            *(self.words, self.advice),
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What lies in a place by the ledger and, where it says so, by the provider."""

    place: str
    currency: str
    ledger_minor: int
    provider_minor: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Rows, the newest first. With a `fault`, the processor's statement is not in it."""

    rows: list[Row]
    held: list[Held]
    fault: str = ""

    @property
    def differing(self) -> list[Row]:
        return [row for row in self.rows if not row.agrees]


def number_of(entry: Entry | None) -> str:
    """Return the number of the order that an entry is about, empty if it is about none."""
    return entry.order.number if entry is not None and entry.order else ""


def order_path(number: str) -> str:
    return reverse("licensing:order-detail", args=[number]) if number else ""


def path_of(entry: Entry | None) -> str:
    """Return where an operator sees to what an entry is about, empty if nowhere."""
    if entry is None:
        return ""
    sent = entry.reverses or entry
    if refund := getattr(sent, "refund", None):
        return reverse("licensing:refund", args=[refund.pk])
    if payout := getattr(sent, "payout", None):
        return reverse("licensing:payout", args=[payout.pk])
    return order_path(number_of(entry))
