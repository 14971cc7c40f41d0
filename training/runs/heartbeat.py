"""Keeps a lease alive while a worker works, and tells it when to stop."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog
from django.db import DatabaseError, close_old_connections, connection

from training.runs.leases import Lease, Standing, renew
from training.runs.models import LOG_LINES

BEATS_PER_TERM = 3
LINE_CHARACTERS = 2000
log = structlog.get_logger(__name__)


class Heartbeat(AbstractContextManager["Heartbeat"]):
    """Renew `lease` from a thread every third of its term, until the block ends.

    `stop` says that work is pointless: the owner cancelled, another worker has the run,
    or the database was silent for a whole term. `write_log` keeps the last lines, which
    each beat publishes.
    """

    def __init__(self, lease: Lease, *, clock: Callable[[], datetime]) -> None:
        self.standing = Standing.HELD
        self._lease = lease
        self._clock = clock
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._renewed_at = clock()
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

    def stop(self) -> bool:
        return self.standing is not Standing.HELD

    def write_log(self, line: str) -> None:
        for each in line.replace("\0", "\N{REPLACEMENT CHARACTER}").splitlines():
            self._lines.append(each[:LINE_CHARACTERS])

    @property
    def log_tail(self) -> list[str]:
        return list(self._lines)

    def _beat(self) -> None:
        pause = self._lease.term.total_seconds() / BEATS_PER_TERM
        try:
            while not (self._ended.wait(pause) or self.stop()):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        now = self._clock()
        try:
            close_old_connections()
            self.standing = renew(self._lease, now=now, log_tail=self.log_tail)
        except DatabaseError as fault:
            log.warning(
                "heartbeat_missed", run_id=str(self._lease.run_id), why=str(fault)
            )
            connection.close()
            if now - self._renewed_at > self._lease.term:
                self.standing = Standing.LOST
        else:
            self._renewed_at = now
