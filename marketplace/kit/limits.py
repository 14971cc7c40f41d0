"""How often one caller may ask: counted by the minute, in PostgreSQL or Redis."""

import ipaddress
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # DRF's views import this module by name
    from rest_framework.views import APIView

WINDOW_SECONDS = 60
COUNT = """
    INSERT INTO kit_requestcount (caller, "window", count) VALUES (%s, %s, 1)
    ON CONFLICT (caller, "window") DO UPDATE SET count = kit_requestcount.count + 1
    RETURNING count
"""


def count_request(caller: str, *, window: int) -> int:
    """Count one request and return how many this window has had, over all processes."""
    if settings.STOA.redis_url:
        key = f"rate:{caller}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        return int(cache.incr(key))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [caller, window])
        return int(cursor.fetchone()[0])


class RequestRate(BaseThrottle):
    """Refuse with 429 and `Retry-After` what exceeds the operator's limit a minute."""

    def allow_request(
        self,
        request: Request,
        view: "APIView",  # noqa: ARG002  DRF's shape
    ) -> bool:
        self.now = time.time()
        kind = "member" if request.user.is_authenticated else "anonymous"
        window = int(self.now // WINDOW_SECONDS)
        counted = count_request(self._caller(request), window=window)
        return counted <= int(settings.REQUESTS_PER_MINUTE[kind])

    def wait(self) -> float:
        return WINDOW_SECONDS - self.now % WINDOW_SECONDS

    def _caller(self, request: Request) -> str:
        user: Any = request.user
        if user.is_authenticated:
            return f"user:{user.pk}"
        return f"ip:{network_of(self.get_ident(request))}"


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
