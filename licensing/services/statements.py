"""A processor's statement: asked for by operators, read by a worker, and kept."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from licensing.models import PaymentProvider, ProcessorStatement
from licensing.payments.processor import Processor
from licensing.payments.protocol import ProviderRefused, ProviderSilent
from licensing.reconciliation.statement import kept_movements, read_newest
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff

LONGEST = timedelta(days=92)
MOST_MOVEMENTS = 5000


@transaction.atomic
def ask_for_statement(actor: User, *, at: datetime) -> tuple[ProcessorStatement, bool]:
    """Note that the processor's statement is to be read again; twice is once.

    Args:
        actor: a member of the staff.
        at: now.

    Returns:
        The row, and whether somebody has to read it now: not if it is being read.

    Raises:
        PermissionDenied: `actor` is not staff.
    """
    require_staff(actor)
    row, is_new = ProcessorStatement.objects.select_for_update().get_or_create(
        provider=PaymentProvider.STRIPE, defaults={"asked_at": at}
    )
    if not is_new:
        if row.is_being_read(at):
            return row, False
        row.asked_at, row.fault = at, ""
        row.save(update_fields=["asked_at", "fault"])
    return row, True


def keep_statement(*, processor: Processor, at: datetime) -> None:
    """Read the processor's statement of the last 92 days, and keep it.

    Of more than 5,000 movements the newest are kept, and `since` says from when on. What
    was kept before stays where the processor does not tell, with its `fault`.

    Args:
        processor: who is asked.
        at: now.
    """
    rows = ProcessorStatement.objects.filter(provider=PaymentProvider.STRIPE)
    if not rows.update(asked_at=at, fault=""):
        ProcessorStatement.objects.get_or_create(
            provider=PaymentProvider.STRIPE, defaults={"asked_at": at}
        )
    try:
        said = read_newest(processor, since=at - LONGEST, most=MOST_MOVEMENTS, at=at)
    except (ProviderSilent, ProviderRefused) as fault:
        rows.update(fault=str(fault))
        return
    rows.filter(Q(read_at=None) | Q(read_at__lt=at)).update(
        since=said.since,
        read_at=at,
        movements=kept_movements(said),
        balance=said.balance,
        fault="",
    )
