"""Keeps a claimed run alive over HTTPS, and tells the work when to stop."""

import threading
import time
from collections import deque
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from training.worker.client import Refused, Site, SiteUnreachable

LOG_LINES = 200
LINE_CHARACTERS = 2000
BEATS_PER_TERM = 3
LOOK_SECONDS = 1.0
NEWS_EVERY_SECONDS = 2.0


class Pulse(AbstractContextManager["Pulse"]):
    """Renew the lease of `job` from a thread until the block ends.

    `stop` says that work is pointless: it was cancelled, the lease is lost, or the site
    was silent for a whole term.
    """

    def __init__(self, site: Site, job: dict[str, Any]) -> None:
        self._site = site
        self._held = {"run": job["run"], "lease": job["lease"]}
        self._term = float(job["term_seconds"])
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._written = 0
        self._stage = ""
        self._told: tuple[int, str] = (0, "")
        self._is_over = False
        self._answered_at = self._asked_at = time.monotonic()
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
        return self._is_over

    def enter(self, stage: str) -> None:
        self._stage = str(stage)

    def write_log(self, text: str) -> None:
        lines = text.replace("\0", "\N{REPLACEMENT CHARACTER}").splitlines()
        self._lines.extend(line[:LINE_CHARACTERS] for line in lines)
        self._written += len(lines)

    @property
    def held(self) -> dict[str, Any]:
        """Name the run and its lease, with the log so far, as every question does."""
        return {
            **self._held,
            "log_tail": list(self._lines),
            "log_lines": self._written,
        }

    def _beat(self) -> None:
        pause = self._term / BEATS_PER_TERM
        look = min(pause, LOOK_SECONDS)
        while not (self._ended.wait(look) or self._is_over):
            since = time.monotonic() - self._asked_at
            has_news = (self._written, self._stage) != self._told
            if since >= pause or (has_news and since >= min(pause, NEWS_EVERY_SECONDS)):
                self._renew()

    def _renew(self) -> None:
        news = (self._written, self._stage)
        now = self._asked_at = time.monotonic()
        try:
            answer = self._site.ask("heartbeat", {**self.held, "stage": self._stage})
        except SiteUnreachable:
            self._is_over = now - self._answered_at > self._term
        except Refused:
            self._is_over = True
        else:
            self._told, self._answered_at = news, now
            self._is_over = answer["standing"] != "HELD"
