"""How often one caller may ask: counted by the minute, in PostgreSQL or Redis.

A caller who asks often is counted ahead: a process takes a few requests at once and
gives them out by itself. What is taken is counted, so no more than the limit is ever
given, over all processes; at most an eighth of what a caller used may lie unused.
"""

import ipaddress
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from typing_extensions import override

if TYPE_CHECKING:  # DRF's views import this module by name
    from rest_framework.views import APIView

WINDOW_SECONDS = 60
MOST_CALLERS = 50_000  # remembered by one process; more, and it begins anew
COUNT = """
    INSERT INTO kit_requestcount (caller, "window", count) VALUES (%s, %s, %s)
    ON CONFLICT (caller, "window")
    DO UPDATE SET count = kit_requestcount.count + EXCLUDED.count
    RETURNING count
"""


def count_request(caller: str, *, window: int, many: int = 1) -> int:
    """Count `many` requests; return how many this window has had, over all processes."""
    if settings.STOA.redis_url:
        key = f"rate:{caller}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        return int(cache.incr(key, many))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [caller, window, many])
        return int(cursor.fetchone()[0])


@dataclass(slots=True)
class _Taken:
    """What this process took of one caller's window, and has left to give."""

    used: int = 0
    left: int = 0
    is_spent: bool = False


@dataclass(slots=True)
class Reserve:
    """Requests counted ahead, by caller, in one window."""

    window: int = 0
    callers: dict[str, _Taken] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def gives(self, caller: str, *, window: int, limit: int) -> bool:
        """Whether one more request is within the limit of this window.

        Cost: one query for each of the first sixteen; then ever fewer, down to one for
        a fiftieth of the limit. None, once the limit is reached.
        """
        with self.lock:
            if self.window != window or len(self.callers) > MOST_CALLERS:
                self.window, self.callers = window, {}
            taken = self.callers.setdefault(caller, _Taken())
            if taken.is_spent:
                return False
            taken.used += 1
            if taken.left:
                taken.left -= 1
                return True
            many = max(1, min(taken.used // 8, limit // 50))
        counted = count_request(caller, window=window, many=many)
        allowed = many - max(0, counted - limit)
        with self.lock:
            taken.left += max(0, allowed - 1)
            taken.is_spent = allowed < 1
        return allowed >= 1

    def forget(self) -> None:
        """Give up what is left, as a restart does."""
        with self.lock:
            self.callers = {}


reserve = Reserve()


class RequestRate(BaseThrottle):
    """Refuse with 429 and `Retry-After` what exceeds the operator's limit a minute."""

    @override
    def allow_request(
        self,
        request: Request,
        view: "APIView",
    ) -> bool:
        self.now = time.time()
        kind, caller = self.caller_of(request)
        window = int(self.now // WINDOW_SECONDS)
        limit = int(settings.REQUESTS_PER_MINUTE[kind])
        return reserve.gives(caller, window=window, limit=limit)

    def wait(self) -> float:
        return WINDOW_SECONDS - self.now % WINDOW_SECONDS

    def caller_of(self, request: Request) -> tuple[str, str]:
        """Return whose limit holds for a request, and the name it is counted under."""
        user: Any = request.user
        if user.is_authenticated:
            return "member", f"user:{user.pk}"
        return "anonymous", f"ip:{network_of(self.get_ident(request))}"


class ProcessRate(RequestRate):
    """The same limit, counted by each process by itself: it costs no query.

    For what is asked often and answered by one query; of n processes, a caller may get
    n times the limit.
    """

    asked: ClassVar[Counter[str]] = Counter()
    window: ClassVar[int] = 0
    lock: ClassVar[Lock] = Lock()

    @override
    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.now = time.time()
        window = int(self.now // WINDOW_SECONDS)
        kind, caller = self.caller_of(request)
        with ProcessRate.lock:
            if ProcessRate.window != window or len(self.asked) > MOST_CALLERS:
                ProcessRate.window = window
                self.asked.clear()
            self.asked[caller] += 1
            return self.asked[caller] <= int(settings.REQUESTS_PER_MINUTE[kind])


def address_of(request: Any) -> str:
    """Return the address a request comes from, as far as trusted proxies tell it."""
    return BaseThrottle().get_ident(request) or ""


def network_of(address: str | None) -> str:
    """Return who an address stands for: IPv4 for itself, IPv6 for its /64 network.

    One household has 2⁶⁴ addresses of IPv6. What is no address at all, as behind a Unix
    socket without a trusted proxy, is one caller.
    """
    try:
        known = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(known), 64), strict=False))
