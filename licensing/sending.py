"""Does what the outbox asks of a processor: again and again, and in effect once.

Each thing has a key of ours, by which the processor knows it again. What was done is
recorded in one transaction; a crash before that does it again under the same key. Once
the processor may have forgotten the key, it is asked first what was done under it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from licensing.models import Outbox, Topic
from licensing.models.payments import UNDONE
from licensing.payments.processor import Back, Errands, Onward, Processor, Recall
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from licensing.services import sent
from marketplace.kit.errors import DomainError

LEASE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
KEYS_LIVE = timedelta(hours=23)  # Stripe forgets keys after a day
LONGEST_TRIED = timedelta(days=7)
AT_ONCE = 50
TOO_LATE = (
    "It was tried for a week. Look at the provider whether it was done, and record it by "
    "hand."
)

NOT_BOOKED = "It was done, and the books did not allow to record it. Record it by hand:"


@dataclass(frozen=True, slots=True)
class Errand:
    """How one topic is sent, and what its end is recorded as."""

    ask: Callable[[Outbox], Errands]
    record: Callable[[Outbox, str, datetime], None]
    give_up: Callable[[Outbox, str, datetime], None]


ERRANDS = {
    Topic.RETURN: Errand(sent.back, sent.record_return, sent.leave),
    Topic.REFUND: Errand(sent.back, sent.record_refund, sent.fail_refund),
    Topic.TRANSFER: Errand(sent.onward, sent.record_payout, sent.fail_payout),
    Topic.REVERSAL: Errand(sent.recall, sent.record_reversal, sent.leave),
}


def send_due(*, processor: Processor, at: datetime) -> int:
    """Send what is due, oldest first; return how much of it was done.

    Where nobody answers, the rest waits for the next time.
    """
    rows = _leased(at)
    done = 0
    for number, row in enumerate(rows):
        try:
            done += _send(row, processor, at)
        except DomainError as fault:
            pause = min(FIRST_PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
            Outbox.objects.filter(pk=row.pk).update(due_at=at + pause, fault=str(fault))
            if isinstance(fault, ProviderSilent):
                rest = [other.pk for other in rows[number + 1 :]]
                Outbox.objects.filter(pk__in=rest).update(due_at=at + FIRST_PAUSE)
                break
    return done


@transaction.atomic
def _leased(at: datetime) -> list[Outbox]:
    """Return the oldest that are due, so that nobody else sends them meanwhile.

    Those that broke off come last, so that one of them keeps no other waiting.
    """
    due = Outbox.objects.select_for_update(skip_locked=True).filter(
        UNDONE, due_at__lte=at
    )
    rows = list(due.order_by("attempts", "written_at", "pk")[:AT_ONCE])
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=at + LEASE)
    return rows


def _send(row: Outbox, processor: Processor, at: datetime) -> bool:
    """Send one thing; say whether it was done.

    Raises:
        ProviderSilent: nobody answered, so it may or may not be done.
        DomainError: it cannot be done yet.
    """
    errand = ERRANDS[Topic(row.topic)]
    age = at - row.written_at
    if row.attempts and age > LONGEST_TRIED:
        _unsent(row).update(refused_at=at, fault=TOO_LATE)
        return False
    Outbox.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    try:
        asked = errand.ask(row)
        was_done = processor.done(asked) if row.attempts and age > KEYS_LIVE else ""
        answer = was_done or _do(asked, processor)
    except ProviderRefused as fault:
        with transaction.atomic():
            if _unsent(row).update(refused_at=at, fault=str(fault)):
                errand.give_up(row, str(fault), at)
        return False
    try:
        with transaction.atomic():
            if _unsent(row).update(sent_at=at, answer=answer, fault=""):
                errand.record(row, answer, at)
    except DomainError as fault:
        said = f"{NOT_BOOKED} {fault}"
        _unsent(row).update(sent_at=at, answer=answer, fault=said)
        return False
    return True


def _do(asked: Errands, processor: Processor) -> str:
    match asked:
        case Back():
            return processor.send_back(asked)
        case Onward():
            return processor.pass_on(asked)
        case Recall():
            return processor.take_back(asked)


def _unsent(row: Outbox) -> QuerySet[Outbox]:
    return Outbox.objects.filter(UNDONE, pk=row.pk)
