"""Xet: the token, then xorbs and shards on their way in, and large files out."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from http import HTTPStatus
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest, require_scope
from marketplace.accounts.models import Scope
from marketplace.catalog.downloads import require_part
from marketplace.catalog.queries import readable_blobs
from marketplace.catalog.queries.contents import unplaced_bytes
from marketplace.catalog.services import require_open
from marketplace.catalog.services.bases import require_committer
from marketplace.hub.http import HubView, address, confines_of
from marketplace.hub.views.commits import announced_size, is_proposed
from marketplace.hub.xet import (
    READ,
    TOKENS_LIVE,
    WRITE,
    Grant,
    MaySend,
    XetToken,
    cache_path,
    token_for,
)
from marketplace.kit.database import foreseen
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import TooLarge, said_when_full
from marketplace.storage.services import register_shard, take_xorb
from marketplace.storage.services.xorbs import KEPT
from marketplace.storage.xet.shards import BODY_BYTES

log = structlog.get_logger(__name__)

BEATS_EVERY_SECONDS = 15
IN_MEMORY_BYTES = 2**20


class Token(HubView):
    """A token to take large files by Xet, for who may download them."""

    takes_confined_tokens = True
    permission_classes = [AllowAny]  # by scope, below

    def get(
        self, request: Request, namespace: str, name: str, revision: str
    ) -> Response:
        require_scope(request, Scope.READ)
        repository = self.repository(namespace, name)
        require_part(request.user, repository=repository, at=timezone.now())
        return _answer(request, Grant(repository.pk, revision, READ))


class WriteToken(HubView):
    """A token to send files by Xet, for committers.

    Whoever may see a repository may send files for a pull request to it.
    """

    takes_confined_tokens = True
    permission_classes = [AllowAny]  # by scope, below

    def get(
        self, request: MemberApiRequest, namespace: str, name: str, revision: str
    ) -> Response:
        require_scope(request, Scope.REPO_WRITE)
        repository = self.repository(namespace, name)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if not is_proposed(request):
            require_committer(request.user, repository=repository, name=revision)
        require_open(repository)
        confines = confines_of(request)
        since = int(confines.since.timestamp()) if confines else 0
        return _answer(request, Grant(repository.pk, revision, WRITE, since))


def _answer(request: Request, grant: Grant) -> Response:
    """Say token and address in the body for one client, in headers for another."""
    expires = int((timezone.now() + TOKENS_LIVE).timestamp())
    url = address(request, cache_path(request.user))
    token = token_for(request.user, grant, expires=expires)
    return Response(
        {"casUrl": url, "accessToken": token, "exp": expires},
        headers={
            "X-Xet-Cas-Url": url,
            "X-Xet-Access-Token": token,
            "X-Xet-Token-Expiration": str(expires),
            "Cache-Control": "no-store",
        },
    )


class CasView(HubView):
    """Takes or gives chunks, for who has a token of Xet's."""

    authentication_classes = [XetToken]
    permission_classes = [MaySend]


class Xorbs(CasView):
    def post(self, request: MemberApiRequest, xorb: str, **_cache: str) -> Response:
        """Take a xorb; it is verified before the answer."""
        is_new = take_xorb(
            request.user,
            claimed_hash=xorb,
            source=_body_of(request),
            length=announced_size(request),
            taken_at=timezone.now(),
            open_limit_bytes=settings.STOA.namespace_quota_bytes,
        )
        return Response({"was_inserted": is_new})


class Shards(CasView):
    def post(self, request: MemberApiRequest, **_cache: str) -> Response:
        """Make the files of a shard; the answer comes when they are there."""
        length = announced_size(request)
        count = _registered(request, _body_of(request), length=length)
        return Response({"result": int(count > 0)})


class ToldShards(CasView):
    def post(self, request: MemberApiRequest, **_cache: str) -> StreamingHttpResponse:
        """Make the files of a shard, and tell so, line by line, while it goes on.

        Only here do clients show a refusal's sentence to their users.
        """
        length = announced_size(request)
        events = _told(request, _spooled(request, length), length=length)
        return StreamingHttpResponse(
            map(_line, events), content_type="application/x-ndjson"
        )


def _registered(request: MemberApiRequest, source: BinaryIO, *, length: int) -> int:
    now, quota_bytes = timezone.now(), settings.STOA.namespace_quota_bytes
    grant: Any = request.auth
    confines = grant.confines()
    waiting_bytes = unplaced_bytes(request.user, since=now - KEPT)
    return register_shard(
        request.user,
        source=source,
        length=length,
        readable=partial(readable_blobs, request.user, confines=confines),
        sent_since=confines.since if confines else None,
        at=now,
        limit_bytes=settings.STOA.max_upload_bytes,
        total_limit_bytes=quota_bytes,
        room_bytes=max(quota_bytes - waiting_bytes, 0),
    )


def _spooled(request: Request, length: int) -> Any:
    """Return the whole body: it cannot be read once the answer has begun."""
    if length > BODY_BYTES:
        raise TooLarge(f"A shard has at most {BODY_BYTES:,} bytes, and not {length:,}.")
    with said_when_full(), ExitStack() as kept:
        body = kept.enter_context(SpooledTemporaryFile(IN_MEMORY_BYTES))
        shutil.copyfileobj(_body_of(request), body)
        body.seek(0)
        kept.pop_all()
    return body


def _told(
    request: MemberApiRequest, body: Any, *, length: int
) -> Iterator[dict[str, Any]]:
    """Register a shard beside; yield signs of life, and how it ended."""
    make = partial(_registered, request, body, length=length)
    with body, ThreadPoolExecutor(1) as aside:
        made = aside.submit(_with_own_connection, make)
        waiting = {"type": "validating", "verified": 0, "total": 1}
        yield waiting
        while not made.done():
            with suppress(TimeoutError):
                made.exception(timeout=BEATS_EVERY_SECONDS)
                break
            yield waiting
    yield _ending(made.exception())


def _with_own_connection(make: Callable[[], int]) -> int:
    try:
        return make()
    finally:
        connection.close()


def _ending(fault: BaseException | None) -> dict[str, Any]:
    if fault is None:
        return {"type": "result", "result": 1}
    if isinstance(fault, Exception):
        fault = foreseen(fault)
    if isinstance(fault, DomainError):
        is_passing = fault.status == HTTPStatus.SERVICE_UNAVAILABLE
        return {"type": "error", "message": str(fault), "retryable": is_passing}
    log.error("shard_failed", exc_info=fault)
    message = "This site failed to take the files. Its log says more. Try again later."
    return {"type": "error", "message": message, "retryable": True}


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"


def _body_of(request: Request) -> Any:
    return request.stream or BytesIO()


class NotKept(HubView):
    """404 for the parts of Xet that save work elsewhere; clients then do without.

    Asked for the chunks that others have sent we could only say no: an answer would
    tell what they have. Asked for an address in a bucket, we take the xorb ourselves.
    """

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []  # asked once for each small file, and answered from nothing

    def get(self, *_args: Any, **_at: str) -> Response:
        return Response(
            {"error": "There is nothing here."}, status=HTTPStatus.NOT_FOUND
        )

    post = get


class Telemetry(HubView):
    """Take what clients report of themselves, and forget it."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    def post(self, *_args: Any) -> Response:
        return Response(status=HTTPStatus.NO_CONTENT)
