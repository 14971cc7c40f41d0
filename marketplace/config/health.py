"""Whether this process lives, and whether it can serve."""

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers; nothing else is asked, so nothing else can fail it."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether database and cache answer: 200, or 503 naming what does not."""
    checks = {"database": _database_answers, "cache": _cache_answers}
    failing = [name for name, answers in checks.items() if not answers()]
    status = "unavailable" if failing else "ok"
    return JsonResponse(
        {"status": status, "failing": failing}, status=503 if failing else 200
    )


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
        return bool(connection.is_usable())
    except DatabaseError:
        return False


def cache_faults() -> tuple[type[Exception], ...]:
    """Return what the cache raises when it cannot be asked.

    Redis' client takes a while to import: only where the cache is a Redis, it is.
    """
    if settings.CACHES["default"]["BACKEND"].endswith(".RedisCache"):
        return (import_string("redis.exceptions.RedisError"), OSError)
    return (DatabaseError, OSError)


def _cache_answers() -> bool:
    try:
        cache.set("readyz", 1, timeout=10)
        return bool(cache.get("readyz") == 1)
    except cache_faults():
        return False
