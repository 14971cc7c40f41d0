"""The file process: sends blobs to whoever holds a signed URL, in place of the site.

It runs by itself under granian, without Django and without a database, and holds
thousands of slow readers: the bytes go from the file to the socket outside Python.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.kit.signing import verify_url
from marketplace.storage.ranges import Answer, answer_for

if TYPE_CHECKING:  # only granian itself needs it at run time
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

URL_PREFIX = "/blobs/"
BLOB = re.compile(re.escape(URL_PREFIX) + r"([0-9a-f]{64})", re.ASCII)
METHODS = "GET, HEAD, OPTIONS"
CORS = [  # the signature is the permission, so any page may read; no cookie counts here
    ("access-control-allow-origin", "*"),
    (
        "access-control-expose-headers",
        "accept-ranges, content-disposition, content-length, content-range, etag",
    ),
    ("cross-origin-resource-policy", "cross-origin"),
]
PREFLIGHT = [
    ("access-control-allow-methods", METHODS),
    ("access-control-allow-headers", "if-none-match, if-range, range"),
    ("access-control-max-age", "86400"),
]
SAFETY = [  # a blob is a stranger's: never sniffed, never with a page's powers
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    ),
]
ALIVE = {"status": "ok"}
NOTHING_HERE = {"code": "not_found", "detail": "Only /blobs/… is served here."}
NOT_STORED = {"code": "not_found", "detail": "The file is not in the store."}
WRONG_METHOD = {"code": "method_not_allowed", "detail": f"Use {METHODS}."}
EXPIRED = {
    "code": "expired_url",
    "detail": "This address is too old or was altered. Ask for the file again.",
}
Headers = list[tuple[str, str]]


def path_of(root: Path, sha256: str) -> Path:
    """Return where a blob lies: two levels of folders keep each of them short."""
    return root / sha256[:2] / sha256[2:4] / sha256


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What the process needs to know."""

    root: Path
    key: str
    clock: Callable[[], float] = time.time


class FileProcess:
    """The RSGI application: one blob a request, by its signed address."""

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings

    async def __rsgi__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        if scope.path == "/healthz":
            return _say(protocol, HTTPStatus.OK, ALIVE)
        blob = BLOB.fullmatch(scope.path)
        if blob is None:
            return _say(protocol, HTTPStatus.NOT_FOUND, NOTHING_HERE)
        if scope.method == "OPTIONS":
            return protocol.response_empty(HTTPStatus.NO_CONTENT, [*CORS, *PREFLIGHT])
        if scope.method not in {"GET", "HEAD"}:
            allow = ("allow", METHODS)
            return _say(protocol, HTTPStatus.METHOD_NOT_ALLOWED, WRONG_METHOD, allow)
        signed = verify_url(
            scope.path,
            scope.query_string,
            key=self.settings.key,
            now=self.settings.clock(),
        )
        if signed is None:
            return _say(protocol, HTTPStatus.FORBIDDEN, EXPIRED)
        return self._send(scope, protocol, sha256=blob[1], signed=signed)

    def _send(
        self,
        scope: "Scope",
        protocol: "HTTPProtocol",
        *,
        sha256: str,
        signed: dict[str, str],
    ) -> None:
        path = path_of(self.settings.root, sha256)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return _say(protocol, HTTPStatus.NOT_FOUND, NOT_STORED)
        etag = f'"{sha256}"'
        answer = answer_for(
            size=size,
            etag=etag,
            range_header=scope.headers.get("range") if scope.method == "GET" else None,
            if_range=scope.headers.get("if-range"),
            if_none_match=scope.headers.get("if-none-match"),
        )
        headers = _headers(answer, etag=etag, signed=signed)
        if answer.length == 0 or scope.method == "HEAD":
            return protocol.response_empty(answer.status, headers)
        return protocol.response_file_range(
            answer.status, headers, str(path), answer.start, answer.stop
        )


def _headers(answer: Answer, *, etag: str, signed: dict[str, str]) -> Headers:
    headers = [
        *CORS,
        *SAFETY,
        ("accept-ranges", "bytes"),
        ("etag", etag),
        ("cache-control", "private, max-age=86400, immutable"),
    ]
    if answer.content_range is not None:
        headers.append(("content-range", answer.content_range))
    if answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        headers += [
            ("content-type", signed["type"]),
            ("content-disposition", signed["disposition"]),
            ("content-length", str(answer.length)),
        ]
    return headers


def _say(
    protocol: "HTTPProtocol",
    status: HTTPStatus,
    body: Mapping[str, str],
    *more: tuple[str, str],
) -> None:
    """Answer with a small JSON body."""
    headers = [
        *CORS,
        *SAFETY,
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        *more,
    ]
    protocol.response_str(status, headers, json.dumps(body))
