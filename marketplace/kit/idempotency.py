"""`Idempotency-Key`: a retried request gets the first answer and does nothing twice.

After the IETF draft “The Idempotency-Key HTTP Header Field”. The key's row is written
in the transaction of the act: a second request with the key waits for the first on the
unique index, then finds its answer; a crash or a refusal leaves no row, so a retry
acts.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from psycopg.errors import LockNotAvailable
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.models import IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
MARK = "honours_idempotency_key"  # on the methods, for the OpenAPI schema to find
P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R", bound=Request)
Act = Callable[Concatenate[V, R, P], Response]


class KeyReused(DomainError):
    code = "idempotency_key_reused"


class KeyInUse(DomainError):
    code = "idempotency_key_in_use"


def idempotent(act: Act[V, R, P]) -> Act[V, R, P]:
    """Make a DRF method that creates something honour `Idempotency-Key`.

    The answer's data must be JSON. Without the header the method runs as it stands, in
    a transaction all the same. Only answers that the method returns are kept: what it
    refuses by raising may succeed later.

    Raises:
        KeyReused: the key came before with another method, path or body (409).
        KeyInUse: the first request with the key is still running (409).
    """
    return _once(act, hidden=frozenset())


def idempotent_service(act: Act[V, R, P]) -> Act[V, R, P]:
    """Do as `idempotent`, for a method whose one service is a transaction of its own.

    Without the header that is its only one: no savepoint, and no lock of the service is
    held while the answer is made.
    """
    return _once(act, hidden=frozenset(), is_whole=False)


def idempotent_hiding(*fields: str) -> Callable[[Act[V, R, P]], Act[V, R, P]]:
    """Do as `idempotent`, but keep these fields of the answer nowhere.

    A repeated request gets null for them, so that a secret shown once is stored never.
    """

    def decorate(act: Act[V, R, P]) -> Act[V, R, P]:
        return _once(act, hidden=frozenset(fields))

    return decorate


def _once(
    act: Act[V, R, P], *, hidden: frozenset[str], is_whole: bool = True
) -> Act[V, R, P]:
    @functools.wraps(act)
    def answer_once(
        view: V, request: R, /, *args: P.args, **kwargs: P.kwargs
    ) -> Response:
        key = request.headers.get(HEADER, "")
        is_keyed = bool(key) and request.user.is_authenticated
        if not is_keyed and not is_whole:
            return act(view, request, *args, **kwargs)
        with transaction.atomic():
            if not is_keyed:
                return act(view, request, *args, **kwargs)
            row, is_new = _claim(key, request)
            if not is_new:
                return _answer_again(row, request)
            answer = act(view, request, *args, **kwargs)
            row.status, row.body = answer.status_code, _wire(answer.data, hidden)
            row.save(update_fields=["status", "body"])
            return answer

    setattr(answer_once, MARK, True)
    return answer_once


def _claim(key: str, request: Request) -> tuple[IdempotencyKey, bool]:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Malformed(
            gettext("%(header)s: give at most %(longest_key)s printable characters.")
            % {"header": HEADER, "longest_key": LONGEST_KEY}
        )
    user: Any = request.user
    try:
        return IdempotencyKey.objects.get_or_create(
            user=user,
            key=key,
            defaults={
                "fingerprint": _fingerprint(request),
                "created_at": timezone.now(),
            },
        )
    except OperationalError as fault:
        if not isinstance(fault.__cause__, LockNotAvailable):
            raise
        raise KeyInUse(
            gettext(
                "The first request with this %(header)s is still running. Ask again "
                "later."
            )
            % {"header": HEADER}
        ) from fault


def _wire(data: Any, hidden: frozenset[str]) -> Any:
    """Return the data as a client reads it, without what must not be kept."""
    told = json.loads(JSONRenderer().render(data) or b"null")
    if not isinstance(told, dict):
        return told
    return {name: None if name in hidden else told[name] for name in told}


def _answer_again(row: IdempotencyKey, request: Request) -> Response:
    if row.fingerprint != _fingerprint(request):
        raise KeyReused(
            gettext(
                "This %(header)s was used for another request. Use a new one, or "
                "repeat the first request exactly."
            )
            % {"header": HEADER}
        )
    return Response(
        row.body, status=row.status, headers={"Idempotency-Replayed": "true"}
    )


def _fingerprint(request: Request) -> str:
    said = f"{request.method} {request.path} {sorted(request.query_params.lists())}\n"
    return hashlib.sha256(said.encode() + _body(request)).hexdigest()


def _body(request: Request) -> bytes:
    """Return what was sent, as the parser made it, with files by their digests."""
    data = request.data
    if not isinstance(data, dict):
        return repr(data).encode()
    said = [repr(sorted((k, v) for k, v in data.items() if k not in request.FILES))]
    for name, file in sorted(request.FILES.items()):
        file.seek(0)
        said.append(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}")
        file.seek(0)
    return "\n".join(said).encode()
