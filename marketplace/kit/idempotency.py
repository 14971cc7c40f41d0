"""`Idempotency-Key`: a retried request gets the first answer and does nothing twice.

After the IETF draft “The Idempotency-Key HTTP Header Field”. The key's row is written in
the transaction of the act: a second request with the key waits for the first on the
unique index, then finds its answer; a crash or a refusal leaves no row, so a retry acts.
"""

import functools
import hashlib
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.models import IdempotencyKey

HEADER = "Idempotency-Key"
P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R", bound=Request)


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422


def idempotent(
    act: Callable[Concatenate[V, R, P], Response],
) -> Callable[Concatenate[V, R, P], Response]:
    """Make a DRF method that creates something honour `Idempotency-Key`.

    The answer's data must be JSON. Without the header the method runs as it stands, in a
    transaction all the same.

    Raises:
        KeyReused: the key came before with another method, path or body (422).
    """

    @functools.wraps(act)
    def answer_once(
        view: V, request: R, /, *args: P.args, **kwargs: P.kwargs
    ) -> Response:
        key = request.headers.get(HEADER, "")
        with transaction.atomic():
            if not key or not request.user.is_authenticated:
                return act(view, request, *args, **kwargs)
            if len(key) > 255 or not key.isprintable():
                raise Malformed(f"{HEADER}: give at most 255 printable characters.")
            row, is_new = IdempotencyKey.objects.get_or_create(
                user_id=request.user.pk,
                key=key,
                defaults={
                    "fingerprint": _fingerprint(request),
                    "created_at": timezone.now(),
                },
            )
            if not is_new:
                return _answer_again(row, request)
            answer = act(view, request, *args, **kwargs)
            row.status, row.body = answer.status_code, answer.data
            row.save(update_fields=["status", "body"])
            return answer

    return answer_once


def _answer_again(row: IdempotencyKey, request: Request) -> Response:
    if row.fingerprint != _fingerprint(request):
        raise KeyReused(
            f"This {HEADER} was used for another request. Use a new one, or repeat the "
            "first request exactly."
        )
    return Response(
        row.body, status=row.status, headers={"Idempotency-Replayed": "true"}
    )


def _fingerprint(request: Request) -> str:
    said = f"{request.method} {request.path} {sorted(request.query_params.items())}\n"
    return hashlib.sha256(said.encode() + _body(request)).hexdigest()


def _body(request: Request) -> bytes:
    """Return what was sent: the raw body, or what the form parser made of its parts."""
    if not request.FILES:
        return repr(request.data).encode()
    parts = [repr(sorted(request.data.items(), key=lambda item: item[0])).encode()]
    for name, file in sorted(request.FILES.items()):
        file.seek(0)
        parts.append(name.encode() + hashlib.file_digest(file, "sha256").digest())
        file.seek(0)
    return b"\n".join(parts)
