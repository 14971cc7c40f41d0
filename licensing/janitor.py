"""Asks a processor about what we do not know: pages that nobody told us the end of.

No event is needed for anything: what got lost is found here, a little later.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from licensing.models import Checkout, CheckoutState, Entry, EntryKind, Payee
from licensing.models.orders import OPEN_STATES
from licensing.models.payments import LIVE_STATES
from licensing.payments.processor import Processor
from licensing.payments.protocol import ProviderSilent
from licensing.services.checkouts import have_closed, open_checkout
from licensing.services.payees import refresh_payee
from licensing.services.seen import Look, record_all_seen
from marketplace.kit.errors import DomainError

UNKNOWN_FOR = timedelta(minutes=1)
UNNEEDED_FOR = timedelta(seconds=10)
UNTOLD_FOR = timedelta(minutes=10)
UNFINISHED_FOR = timedelta(hours=1)
FEELESS_FOR = timedelta(hours=1)
AT_ONCE = 50

BackUrl = Callable[[str], str]
log = structlog.get_logger(__name__)


def ask_about_checkouts(
    *, processor: Processor, back_url: BackUrl, at: datetime
) -> list[str]:
    """Bring what is live to where the processor has it; return the faults met.

    A page is closed if its order waits for no money any more, or for another amount. One
    that was paid is looked at again if the processor did not say yet what it keeps.
    Nothing is locked while it is asked; what it said is recorded after that. A mistake
    of ours about one page is logged, and keeps no other from being asked about.

    Args:
        processor: who is asked. If it is silent, the rest waits for the next time.
        back_url: where a buyer comes back to, by an order's number.
        at: now.
    """
    taken = [*_taken(_doubtful(at), at), *_taken(_feeless(at), at)]
    faults: list[str] = []
    looks: list[Look] = []
    for checkout in taken:
        try:
            looks += _asked(checkout, processor, back_url, at)
        except DomainError as fault:
            faults.append(f"{checkout}: {fault}")
            if isinstance(fault, ProviderSilent):
                break
        except Exception as fault:
            log.exception("checkout_not_asked_about", checkout=str(checkout.pk))
            faults.append(f"{checkout}: asking about it broke off: {fault!r}")
    recorded = record_all_seen(looks, at=at)
    return faults + [
        f"{checkout}: {outcome}"
        for (checkout, _), outcome in zip(looks, recorded, strict=True)
        if not isinstance(outcome, Checkout)
    ]


def _asked(
    checkout: Checkout, processor: Processor, back_url: BackUrl, at: datetime
) -> list[Look]:
    """Ask about a page, and return how it stands, if there is anything to record."""
    order = checkout.order
    url = back_url(order.number)
    is_needed = order.is_open and checkout.amount_minor == order.due_minor
    if not is_needed or checkout.expires_at <= at:
        seen = have_closed(checkout, processor=processor, back_url=url, at=at)
        return [(checkout, seen)] if seen else []
    if checkout.state == CheckoutState.OPEN:
        return [(checkout, processor.checkout(checkout.external_id))]
    open_checkout(checkout, processor=processor, back_url=url, at=at)
    return []


def _doubtful(at: datetime) -> QuerySet[Checkout]:
    unknown = Q(
        state__in=[CheckoutState.CREATING, CheckoutState.UNKNOWN],
        asked_at__lte=at - UNKNOWN_FOR,
    )
    untold = Q(state=CheckoutState.OPEN, asked_at__lte=at - UNTOLD_FOR)
    unneeded = Q(asked_at__lte=at - UNNEEDED_FOR) & (
        ~Q(order__state__in=OPEN_STATES)
        | ~Q(amount_minor=F("order__total_minor") - F("order__paid_minor"))
    )
    return Checkout.objects.filter(unknown | untold | unneeded, state__in=LIVE_STATES)


def _feeless(at: datetime) -> QuerySet[Checkout]:
    """Return pages paid within the hour of whose fee nothing was said yet."""
    booked = Entry.objects.filter(order=OuterRef("order"), kind=EntryKind.PROCESSOR_FEE)
    settled = Entry.objects.filter(
        kind=EntryKind.PAYMENT, occurred_at__gte=at - FEELESS_FOR
    )
    return Checkout.objects.filter(
        ~Exists(booked),
        state=CheckoutState.PAID,
        order__in=settled.values("order"),
        asked_at__lte=at - UNTOLD_FOR,
    )


@transaction.atomic
def _taken(rows: QuerySet[Checkout], at: datetime) -> list[Checkout]:
    """Return the first of some rows, marked as asked about, so that nobody else asks."""
    locked = rows.select_related("order").select_for_update(
        skip_locked=True, of=("self",)
    )
    taken = list(locked.order_by("asked_at", "pk")[:AT_ONCE])
    Checkout.objects.filter(pk__in=[one.pk for one in taken]).update(asked_at=at)
    return taken


def ask_about_payees(*, processor: Processor, at: datetime) -> None:
    """Ask how owners stand who began to become payable and are not yet."""
    waiting = Payee.objects.filter(
        is_payable=False, asked_at__lte=at - UNFINISHED_FOR
    ).exclude(account="")
    for payee in waiting.order_by("asked_at")[:AT_ONCE]:
        Payee.objects.filter(pk=payee.pk).update(asked_at=at)
        try:
            refresh_payee(payee, processor=processor, at=at)
        except ProviderSilent:
            return
        except DomainError:
            continue  # it knows no such account any more
        except Exception:
            log.exception("payee_not_asked_about", payee=str(payee.pk))
