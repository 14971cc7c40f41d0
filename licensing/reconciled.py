"""What both edges show of a reconciliation: what a worker read, beside the ledger."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from rest_framework.request import Request

from licensing.models import ProcessorStatement
from licensing.payments import processor_of
from licensing.reconciliation import (
    Report,
    Row,
    compare,
    kept_statement,
    statement_in,
)
from licensing.services.statements import LONGEST
from marketplace.kit.errors import DomainError, Malformed

DAYS, MOST_DAYS = 30, LONGEST.days
UNREAD = "It was not read yet."
ADVICE_ON_READING = (
    "Ask again in a few minutes. If it fails again, see on the doctor’s page whether the "
    "provider answers and takes the key, and on the workers’ page whether one is at work."
)


class NoProcessor(DomainError):
    """Nobody takes cards here, so nobody states what moved."""

    code = "no_processor"


def require_processor() -> None:
    """Return if cards are taken here.

    Raises:
        NoProcessor: they are not.
    """
    if processor_of(settings.STOA) is None:
        raise NoProcessor(
            gettext(
                "This site takes no cards, so there is no provider’s statement to "
                "read. Set "
                "STRIPE_SECRET_KEY to take them."
            )
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """How the processor's statement stands that is compared; None is not yet.

    `fault` is why it was not read when it was asked for last, and empty if it was.
    """

    asked_at: datetime | None
    since: datetime | None
    read_at: datetime | None
    is_being_read: bool
    fault: str

    @property
    def advice(self) -> str:
        return ADVICE_ON_READING if self.fault else ""


def reading_of(row: ProcessorStatement | None, *, at: datetime) -> Reading:
    """Return how the processor's statement stands at a moment."""
    if row is None:
        return Reading(None, None, None, is_being_read=False, fault="")
    is_being_read = row.is_being_read(at)
    is_lost = row.is_awaited and not is_being_read
    fault = "It was asked for, and no worker has read it." if is_lost else row.fault
    return Reading(row.asked_at, row.since, row.read_at, is_being_read, fault)


@dataclass(frozen=True, slots=True)
class Compared:
    """A report over the last `days`, and the rows of it that are asked for.

    `reading` is None where no cards are taken. With `cut_at`, what moved at the processor
    is compared from then on only.
    """

    days: int
    shows_all: bool
    report: Report
    reading: Reading | None
    cut_at: datetime | None

    @property
    def rows(self) -> list[Row]:
        return self.report.rows if self.shows_all else self.report.differing


def compared(request: HttpRequest | Request, *, now: datetime) -> Compared:
    """Return what provider, ledger and orders say, for the `days` that the query names.

    It is what disagrees, and with `show=all` everything. The provider is not asked: what
    a worker read of it last is compared.

    Raises:
        Malformed: they are no number from 1 to 92.
    """
    said = request.GET.get("days", "") or str(DAYS)
    days = int(said) if re.fullmatch(r"\d{1,3}", said, re.ASCII) else 0
    if not 1 <= days <= MOST_DAYS:
        raise Malformed(
            gettext("days: give a number from 1 to %(most_days)s.")
            % {"most_days": MOST_DAYS}
        )
    since, shows_all = now - timedelta(days=days), request.GET.get("show") == "all"
    if processor_of(settings.STOA) is None:
        return Compared(days, shows_all, compare(None, since=since), None, None)
    row = kept_statement()
    statement = statement_in(row)
    found = compare(statement, since=since, fault="" if statement else UNREAD)
    is_cut = statement is not None and statement.since > since
    return Compared(
        days,
        shows_all,
        found,
        reading_of(row, at=now),
        statement.since if statement and is_cut else None,
    )
