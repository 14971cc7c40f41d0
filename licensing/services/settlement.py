"""The one way in for money, whichever provider has it: held, or shared out and granted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Upper
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg, Posting
from licensing.models import (
    EntryKind,
    LetterKind,
    Order,
    OrderState,
    Payment,
    PaymentProvider,
)
from licensing.money import shown
from licensing.moves import OrderClosed, move_all
from licensing.services.fulfilment import earned_legs, grant, lines_of
from licensing.services.invoices import issue_invoices
from licensing.services.letters import promise_letters
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError

Name = tuple[PaymentProvider, str]


class ReferenceUsed(DomainError):
    """A reference names one payment; this one is told already, and otherwise."""

    code = "reference_used"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a payment: `surplus_minor` of it is held, to be sent back."""

    order: Order
    payment: Payment
    surplus_minor: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Money that a provider holds for an order.

    Attributes:
        order: what it is for; the money is in the order's currency.
        provider: who has it.
        cash: the account of the ledger it lies in, such as `cash:bank`.
        reference: the provider's own name of it, once over all of its payments.
        amount_minor: minor units, above zero, as the provider itself says.
        by: who vouches for it, where a person must.
        received_on: the provider's date of it; the day we learnt of it unless said.
    """

    order: Order
    provider: PaymentProvider
    cash: str
    reference: str
    amount_minor: int
    by: User | None = None
    received_on: date | None = None

    @property
    def name(self) -> Name:
        return self.provider, self.reference.upper()

    @property
    def key(self) -> str:
        """What its entry in the ledger is named by."""
        if self.provider == PaymentProvider.MANUAL:
            return f"transfer:{self.reference.upper()}"
        return f"payment:{self.reference}"


def settle(received: Received, *, at: datetime) -> Settlement:
    """Record money that a provider holds for an order. The same again changes nothing.

    What is due is read from our own rows. Less than that is held, and the order waits for
    the rest. What is due is shared out and the order fulfilled, in one entry. What is
    more, and all that comes for an order which waits for no money, is held to be sent
    back; whoever tells of it sees to that.

    Args:
        received: the money.
        at: when we learnt of it.

    Raises:
        ReferenceUsed: it was told of another order, or with another amount or date.
        OrderClosed: a person tells of a transfer, and the order waits for no money;
            nothing is recorded.
    """
    return settle_all([received], at=at)[0]


def settle_all(
    received: Sequence[Received], *, at: datetime, besides: Sequence[Posting] = ()
) -> list[Settlement]:
    """Record money for many orders together, as `settle` does for one.

    All of it is recorded or nothing: where one is refused, tell of each alone. Orders are
    locked by their ids, and last the row that the numbers of invoices come from.

    Args:
        received: an order may be among them more than once, and so may a payment.
        at: when we learnt of it.
        besides: what else is posted, such as what the provider kept of it.

    Raises:
        DomainError: as `settle` does of any of them, or `ledger.post` of what is besides.

    Cost: 15 queries, whatever their number, if what is due came and nothing recurs.
    """
    try:
        with transaction.atomic():
            return _settled(received, at, besides)
    except IntegrityError as clash:  # two tell of one reference at once
        told = _told(received)
        for each in received:
            if (payment := told.get(each.name)) and not _says(payment, each, at):
                raise _used(each, payment) from clash
        raise


def _settled(
    received: Sequence[Received], at: datetime, besides: Sequence[Posting]
) -> list[Settlement]:
    orders, told = _locked(received), _told(received)
    settled: list[Settlement] = []
    paid: dict[Order, Posting] = {}
    begun: set[Order] = set()
    others = list(besides)
    for each in received:
        order, payment = orders[each.order.pk], told.get(each.name)
        if payment is not None:
            if not _says(payment, each, at):
                raise _used(each, payment)
            settled.append(Settlement(order, payment, 0, is_new=False))
            continue
        is_open = order.is_open and order not in paid
        if not is_open and each.provider == PaymentProvider.MANUAL:
            raise _closed(order)
        due_minor = order.due_minor if is_open else 0
        posting, surplus_minor = _posting(each, order, due_minor=due_minor, at=at)
        if posting.kind == EntryKind.PAYMENT:
            paid[order] = posting
        else:
            others.append(posting)
        if is_open:
            begun.add(order)
            order.paid_minor += each.amount_minor
        payment = told[each.name] = _payment(each, order, at)
        settled.append(Settlement(order, payment, surplus_minor, is_new=True))

    Payment.objects.bulk_create(one.payment for one in settled if one.is_new)
    _share_out(paid, others, at=at, partly=begun - paid.keys())
    return settled


def _share_out(
    paid: Mapping[Order, Posting],
    others: Sequence[Posting],
    *,
    at: datetime,
    partly: Iterable[Order],
) -> None:
    """Post the money, grant what is paid, and move the orders on.

    Args:
        paid: orders of which nothing is due, and what is posted but what they earned.
        others: what else is posted.
        at: when.
        partly: orders that wait for the rest.
    """
    lines = lines_of(paid)
    earned = earned_legs(lines)
    whole = [
        replace(posting, legs=[*posting.legs, *earned[order]])
        for order, posting in paid.items()
    ]
    grant(lines, granted_at=at)
    entries = ledger.post_all([*whole, *others])
    move_all(partly, to=OrderState.PARTIALLY_PAID, at=at)
    move_all(paid, to=OrderState.FULFILLED, at=at)
    promise_letters(paid, kind=LetterKind.SETTLED, due_at=at)
    issue_invoices(dict(zip(paid, entries, strict=False)), lines=lines, at=at)


def _locked(received: Sequence[Received]) -> dict[UUID, Order]:
    rows = Order.objects.select_related("holder__billing", "holder__user")
    held = rows.filter(pk__in={each.order.pk for each in received})
    return {
        order.pk: order for order in held.select_for_update(of=("self",)).order_by("pk")
    }


def _told(received: Sequence[Received]) -> dict[Name, Payment]:
    """Return the payments that were told of before."""
    rows = Payment.objects.annotate(name=Upper("reference")).filter(
        provider__in={each.provider for each in received},
        name__in=[Upper(Value(each.reference)) for each in received],
    )
    return {(PaymentProvider(row.provider), row.reference.upper()): row for row in rows}


def _posting(
    each: Received, order: Order, *, due_minor: int, at: datetime
) -> tuple[Posting, int]:
    """Return what is posted of a payment, but what it earned; and how much is too much.

    Args:
        each: the payment.
        order: as it is before.
        due_minor: nothing, for an order that waits for no money.
        at: when.
    """
    surplus_minor = max(each.amount_minor - due_minor, 0)
    is_whole = 0 < due_minor <= each.amount_minor
    held_minor = order.paid_minor if is_whole else surplus_minor - each.amount_minor
    posting = Posting(
        key=each.key,
        kind=EntryKind.PAYMENT if is_whole else EntryKind.PART_PAYMENT,
        legs=[
            Leg(each.cash, order.currency, each.amount_minor),
            Leg(ledger.PARTLY_PAID, order.currency, held_minor),
            Leg(ledger.OVERPAID, order.currency, -surplus_minor),
        ],
        occurred_at=at,
        order=order,
        posted_by=each.by,
    )
    return posting, surplus_minor


def _payment(each: Received, order: Order, at: datetime) -> Payment:
    return Payment(
        order=order,
        provider=each.provider,
        reference=each.reference,
        amount_minor=each.amount_minor,
        received_on=each.received_on or at.date(),
        confirmed_by=each.by,
        confirmed_at=at,
    )


def _says(payment: Payment, each: Received, at: datetime) -> bool:
    """Say whether it is told as it was; only what people tell has a day to mistake."""
    day = each.received_on or at.date()
    is_same_day = payment.confirmed_by_id is None or payment.received_on == day
    is_same_sum = payment.amount_minor == each.amount_minor
    return payment.order_id == each.order.pk and is_same_sum and is_same_day


def _closed(order: Order) -> OrderClosed:
    return OrderClosed(
        gettext(
            "Order %(order_number)s is %(lower)s and waits for no money. Nothing was "
            "recorded; send the transfer back to its sender."
        )
        % {"order_number": order.number, "lower": order.get_state_display().lower()}
    )


def _used(each: Received, told: Payment) -> ReferenceUsed:
    amount = shown(told.amount_minor, told.order.currency)
    return ReferenceUsed(
        gettext(
            "bank_reference: %(reference)s is recorded for order %(order_number)s, "
            "%(amount)s on %(received_on)s. Check the statement; each transfer has "
            "its own reference."
        )
        % {
            "reference": each.reference,
            "order_number": told.order.number,
            "amount": amount,
            "received_on": told.received_on,
        },
        order=told.order.number,
    )
