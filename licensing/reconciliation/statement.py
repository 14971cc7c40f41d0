"""A processor's own statement: what moved at it and what it holds, read now or kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from licensing.models import PaymentProvider, ProcessorStatement
from licensing.payments.processor import Movement, Processor

# What happened about the first moment is told by one side only.
EDGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a processor says moved and what it holds.

    Attributes:
        movements: the newest first, from a day before `since` on.
        balance: minor units by currency.
        since: what moved from then on can be compared.
        until: when it was read; it tells of nothing later. None is just now.
    """

    movements: Sequence[Movement]
    balance: dict[str, int]
    since: datetime
    until: datetime | None = None


def read_statement(processor: Processor, *, since: datetime) -> Statement:
    """Ask a processor for all that moved since a moment, and what it holds.

    Raises:
        ProviderSilent, ProviderRefused: it does not tell.

    Cost: a call to the processor for each hundred movements, all of which are held.
    """
    return Statement(
        list(processor.movements(since=since - EDGE)), processor.balance(), since
    )


def read_newest(
    processor: Processor, *, since: datetime, most: int, at: datetime
) -> Statement:
    """Ask a processor for the newest of what moved, and what it holds.

    Where more than `most` moved, it can be compared from a later moment on: `since`.

    Args:
        processor: who is asked.
        since: from when on.
        most: how many movements are read.
        at: now; what moves while it is read is left out.

    Raises:
        ProviderSilent, ProviderRefused: it does not tell.

    Cost: a call to the processor for each hundred movements.
    """
    balance = processor.balance()
    found: list[Movement] = []
    for moved in processor.movements(since=since - EDGE):
        if len(found) == most:
            oldest = found[-1].at
            # A day after its beginning, as ever; but some of it where a day is too much.
            since = oldest + min(EDGE, (at - oldest) / 2)
            break
        if moved.at <= at:
            found.append(moved)
    return Statement(found, balance, since, at)


def kept_statement() -> ProcessorStatement | None:
    """Return the row of the processor's statement, None before it was ever asked for."""
    return ProcessorStatement.objects.filter(provider=PaymentProvider.STRIPE).first()


def statement_in(row: ProcessorStatement | None) -> Statement | None:
    """Return the statement that a row keeps, None if none was read yet."""
    if row is None or row.since is None or row.read_at is None:
        return None
    return Statement(
        [_movement(*told) for told in row.movements],
        row.balance,
        row.since,
        row.read_at,
    )


def kept_movements(statement: Statement) -> list[list[Any]]:
    """Return a statement's movements as its row keeps them, in little room."""
    return [
        [
            *(moved.external_id, moved.kind, moved.source),
            *(moved.currency, moved.net_minor, moved.at.isoformat()),
        ]
        for moved in statement.movements
    ]


def _movement(
    external_id: str, kind: str, source: str, currency: str, net_minor: int, at: str
) -> Movement:
    moved_at = datetime.fromisoformat(at)
    return Movement(external_id, kind, source, currency, net_minor, moved_at)
