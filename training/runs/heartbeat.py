"""Keeps a lease alive while a worker works, and tells it when to stop."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from django.db import DatabaseError, close_old_connections, connection

from marketplace.storage.blobs import StorageFull, StoreSilent
from training.runs.leases import Lease, Standing, Told, release, renew
from training.runs.models import LOG_LINES

BEATS_PER_TERM = 3
SELDOMEST_BEAT_SECONDS = 5.0  # so that a wish to cancel is soon heard
NEWS_EVERY_SECONDS = 1.0
LINE_CHARACTERS = 2000
SHORTAGES = (StoreSilent, StorageFull)  # of which the run is not the cause
SHORTAGE_PAUSE = timedelta(seconds=15)
log = structlog.get_logger(__name__)


class Heartbeat(AbstractContextManager["Heartbeat"]):
    """Renew `lease` from a thread every third of its term or oftener, until the block ends.

    `stop` says that work is pointless: the owner cancelled, another worker has the run,
    or the database was silent for a whole term. `write_log` keeps the last lines, which
    are published with the next beat, and within a second or so. What a program prints
    that has seen the answers goes to `write_scorer_log`, which entrants never see.

    A block that ends because bytes could not be had or kept gives the run back unspent,
    to be tried again a little later.
    """

    def __init__(self, lease: Lease, *, clock: Callable[[], datetime]) -> None:
        self.standing = Standing.HELD
        self._lease = lease
        self._clock = clock
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._scorer_lines: deque[str] = deque(maxlen=LOG_LINES)
        self._written = 0
        self._stage = ""
        self._told = self._news()
        self._renewed_at = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if isinstance(fault, SHORTAGES):
            release(self._lease, now=self._clock(), pause=SHORTAGE_PAUSE)

    def stop(self) -> bool:
        return self.standing is not Standing.HELD

    def write_log(self, text: str) -> None:
        lines = _lines_of(text)
        self._lines.extend(lines)
        self._written += len(lines)

    def write_scorer_log(self, text: str) -> None:
        self._scorer_lines.extend(_lines_of(text))

    def enter(self, stage: str) -> None:
        """Say how far the work is."""
        self._stage = stage

    def flush(self) -> None:
        """Publish what was written and not yet told; nothing if there is none."""
        if self._news() != self._told:
            self._renew()

    @property
    def log_tail(self) -> list[str]:
        return list(self._lines)

    @property
    def last(self) -> Told:
        """What the end of the run tells, so that nothing needs to be published before."""
        return Told(self._written, tuple(self._scorer_lines), self._stage)

    def _news(self) -> tuple[int, str, tuple[str, ...]]:
        return self._written, self._stage, tuple(self._scorer_lines)

    def _beat(self) -> None:
        term = self._lease.term.total_seconds()
        pause = min(term / BEATS_PER_TERM, SELDOMEST_BEAT_SECONDS)
        look = min(pause, NEWS_EVERY_SECONDS)
        waited = 0.0
        try:
            while not (self._ended.wait(look) or self.stop()):
                waited += look
                if waited >= pause or self._news() != self._told:
                    waited = 0.0
                    self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        told, began_at = self._news(), time.monotonic()
        try:
            close_old_connections()
            self.standing = renew(
                self._lease,
                now=self._clock(),
                log_tail=self.log_tail,
                log_lines=told[0],
                scorer_log_tail=told[2],
                stage=told[1],
            )
        except DatabaseError as fault:
            log.warning(
                "heartbeat_missed", run_id=str(self._lease.run_id), why=str(fault)
            )
            connection.close()
            silent_seconds = time.monotonic() - self._renewed_at
            if silent_seconds > self._lease.term.total_seconds():
                self.standing = Standing.LOST
        else:
            self._renewed_at, self._told = began_at, told


def _lines_of(text: str) -> list[str]:
    plain = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return [line[:LINE_CHARACTERS] for line in plain.splitlines()]
