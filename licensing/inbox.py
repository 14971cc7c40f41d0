"""What a processor tells us: kept once, then looked up at the processor itself.

An event is believed in one thing: that something happened to an object of that name.
The object is fetched, and our rows are brought to where it is; so events may come twice,
late, in any order, or not at all, and all ends in one state.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from licensing.models import Checkout, Inbox, Order, Payee, PaymentProvider
from licensing.payments.processor import (
    Processor,
    SeenCheckout,
    SeenDispute,
    SeenRefund,
    Told,
)
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from licensing.services.observed import record_dispute, record_refund
from licensing.services.payees import refresh_payee
from licensing.services.seen import REFUSALS, record_all_seen
from marketplace.kit.errors import DomainError

LEASE = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A page of ours as the processor sees it, and what else it saw of its payment."""

    checkout: Checkout
    seen: SeenCheckout
    further: Sequence[SeenRefund | SeenDispute] = ()


def take_in(told: Told, *, at: datetime) -> Inbox | None:
    """Keep an event; None if it is here already, so only who kept it queues it."""
    event, is_new = Inbox.objects.get_or_create(
        source=PaymentProvider.STRIPE,
        external_id=told.external_id,
        defaults={
            "kind": told.kind,
            "about": told.about,
            "about_id": told.about_id,
            "received_at": at,
            "due_at": at + LEASE,  # who kept it looks at it at once
        },
    )
    return event if is_new else None


def look_into_due(*, processor: Processor, at: datetime) -> None:
    """Look into what is due; where the processor is silent, the rest waits its lease.

    What nobody looked at yet is looked into together, and what broke off before alone,
    so that whatever is wrong with one keeps no other waiting.
    """
    due = _leased(at)
    fresh = [event for event in due if not event.attempts]
    tried = [[event] for event in due if event.attempts]
    for events in [fresh, *tried]:
        if not _look(events, processor, at):
            return


def look_into(event_id: UUID, *, processor: Processor, at: datetime) -> None:
    """Fetch what an event is about, and bring our rows to where it is.

    Where the processor does not answer, or the books do not allow it yet, this is tried
    again later, ever more rarely, as it is if a look breaks off; what the processor
    refuses to show is not. The fault is kept with the event.
    """
    _look(Inbox.objects.filter(pk=event_id, handled_at__isnull=True), processor, at)


def _leased(at: datetime) -> list[Inbox]:
    """Return the events that nobody looked at, or that broke off, each leased to us.

    Those that broke off come last, so that one of them keeps no other waiting.
    """
    with transaction.atomic():
        rows = Inbox.objects.select_for_update(skip_locked=True).filter(
            handled_at__isnull=True, due_at__lte=at
        )
        due = list(rows.order_by("attempts", "due_at")[:AT_ONCE])
        mine = Inbox.objects.filter(pk__in=[event.pk for event in due])
        mine.update(due_at=at + LEASE)
    return due


def _look(events: Iterable[Inbox], processor: Processor, at: datetime) -> bool:
    """Ask about each of some events, then record it all; say if the processor answered.

    Nothing is locked while it is asked.
    """
    found: list[tuple[Inbox, Found]] = []
    done: list[UUID] = []
    is_silent = False
    for event in events:
        row = Inbox.objects.filter(pk=event.pk)
        pause = min(FIRST_PAUSE * 2 ** min(event.attempts, 10), LONGEST_PAUSE)
        row.update(attempts=F("attempts") + 1, due_at=at + pause)
        try:
            told = _asked(event, processor, at)
        except ProviderRefused as fault:
            row.update(handled_at=at, fault=str(fault))
        except DomainError as fault:
            row.update(fault=str(fault))
            is_silent = isinstance(fault, ProviderSilent)
            if is_silent:
                break
        else:
            if told:
                found.append((event, told))
            else:
                done.append(event.pk)
    done += _recorded(found, at)
    Inbox.objects.filter(pk__in=done).update(handled_at=at, fault="")
    return not is_silent


def _asked(event: Inbox, processor: Processor, at: datetime) -> Found | None:
    """Ask about what an event is about; None if there is nothing more to record."""
    ask = ABOUT.get(event.about)
    return ask(event.about_id, processor, at) if ask and event.about_id else None


def _recorded(found: Sequence[tuple[Inbox, Found]], at: datetime) -> list[UUID]:
    """Bring our rows to where all is; return the events of which nothing is left."""
    done = []
    outcomes = record_all_seen([(one.checkout, one.seen) for _, one in found], at=at)
    for (event, one), outcome in zip(found, outcomes, strict=True):
        try:
            if not isinstance(outcome, Checkout):
                raise outcome
            for further in one.further:
                _record(further, outcome.order, at)
        except REFUSALS as fault:
            Inbox.objects.filter(pk=event.pk).update(fault=str(fault))
        else:
            done.append(event.pk)
    return done


def _record(seen: SeenRefund | SeenDispute, order: Order, at: datetime) -> None:
    if isinstance(seen, SeenRefund):
        record_refund(order, seen=seen, at=at)
    else:
        record_dispute(order, seen=seen, at=at)


def _session(name: str, processor: Processor, _: datetime) -> Found | None:
    return _ours(processor.checkout(name))


def _intent(name: str, processor: Processor, _: datetime) -> Found | None:
    return _paid_by(name, processor)


def _charge(name: str, processor: Processor, _: datetime) -> Found | None:
    intent = processor.intent_of(name)
    found = _paid_by(intent, processor)
    return found and replace(found, further=processor.refunds_of(intent))


def _refund(name: str, processor: Processor, _: datetime) -> Found | None:
    seen = processor.refund(name)
    found = _paid_by(seen.intent, processor)
    return found and replace(found, further=[seen])


def _dispute(name: str, processor: Processor, _: datetime) -> Found | None:
    seen = processor.dispute(name)
    found = _paid_by(seen.intent, processor)
    return found and replace(found, further=[seen])


def _account(name: str, processor: Processor, at: datetime) -> None:
    payee = Payee.objects.filter(provider=PaymentProvider.STRIPE, account=name).first()
    if payee is not None:
        refresh_payee(payee, processor=processor, at=at)


ABOUT: dict[str, Callable[[str, Processor, datetime], Found | None]] = {
    "checkout.session": _session,
    "payment_intent": _intent,
    "charge": _charge,
    "refund": _refund,
    "dispute": _dispute,
    "account": _account,
}


def _paid_by(intent: str, processor: Processor) -> Found | None:
    """Return the page on which a payment was made, as it stands.

    None, where the payment is none of ours: others may share the processor's account.
    """
    if not intent:
        return None
    known = Checkout.objects.filter(provider=PaymentProvider.STRIPE, intent=intent)
    checkout = known.first()
    seen = (
        processor.checkout(checkout.external_id)
        if checkout
        else processor.checkout_of(intent)
    )
    return _ours(seen) if seen else None


def _ours(seen: SeenCheckout) -> Found | None:
    """Return a page if it is of ours, also one we never heard the name of."""
    ours = Checkout.objects.filter(provider=PaymentProvider.STRIPE)
    checkout = ours.filter(external_id=seen.external_id).first()
    if checkout is None and (key := _uuid(seen.key)):
        checkout = ours.filter(pk=key, external_id="").first()
    return Found(checkout, seen) if checkout else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
