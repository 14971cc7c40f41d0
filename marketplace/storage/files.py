"""The file process: sends blobs to whoever holds a signed URL, in place of the site.

It runs by itself under gunicorn, without Django and without a database, a thread for
each reader: `wsgi.file_wrapper` has the kernel send the bytes, which Python never sees.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.kit.signing import verify_url
from marketplace.storage.ranges import Answer, answer_for

if TYPE_CHECKING:  # types alone
    from wsgiref.types import StartResponse, WSGIEnvironment

READERS = 512  # at once, each a thread that waits for the kernel
BLOCK_BYTES = 1 << 20  # where a server has no file wrapper of its own
STALLED_SECONDS = 60  # a reader that takes nothing for so long is let go
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


def serving(address: str) -> list[str]:
    """Return how gunicorn serves the file process at an address, as its arguments."""
    return [
        *("--bind", address, "--worker-class", "gthread"),
        *("--threads", str(READERS), "--worker-connections", str(4 * READERS)),
        *("--keep-alive", "5", "--graceful-timeout", "5", "--timeout", "0"),
        *("--limit-request-line", "8190", "--log-level", "warning"),
        *("--no-control-socket", "marketplace.config.files:application"),
    ]


def path_of(root: Path, sha256: str) -> Path:
    """Return where a blob lies: two levels of folders keep each of them short."""
    return root / sha256[:2] / sha256[2:4] / sha256


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What the process needs to know."""

    root: Path
    keys: Sequence[str]
    clock: Callable[[], float] = time.time


class FileProcess:
    """The WSGI application: one blob a request, by its signed address."""

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings

    def __call__(
        self, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path == "/healthz":
            return _say(start, HTTPStatus.OK, ALIVE)
        blob = BLOB.fullmatch(path)
        if blob is None:
            return _say(start, HTTPStatus.NOT_FOUND, NOTHING_HERE)
        if method == "OPTIONS":
            _begin(start, HTTPStatus.NO_CONTENT, [*CORS, *PREFLIGHT])
            return []
        if method not in {"GET", "HEAD"}:
            allow = ("allow", METHODS)
            return _say(start, HTTPStatus.METHOD_NOT_ALLOWED, WRONG_METHOD, allow)
        signed = verify_url(
            path,
            environ.get("QUERY_STRING", ""),
            keys=self.settings.keys,
            now=self.settings.clock(),
        )
        if signed is None:
            return _say(start, HTTPStatus.FORBIDDEN, EXPIRED)
        return self._send(environ, start, sha256=blob[1], signed=signed)

    def _send(
        self,
        environ: "WSGIEnvironment",
        start: "StartResponse",
        *,
        sha256: str,
        signed: dict[str, str],
    ) -> Iterable[bytes]:
        path = path_of(self.settings.root, sha256)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return _say(start, HTTPStatus.NOT_FOUND, NOT_STORED)
        is_get = environ["REQUEST_METHOD"] == "GET"
        etag = f'"{sha256}"'
        answer = answer_for(
            size=size,
            etag=etag,
            range_header=environ.get("HTTP_RANGE") if is_get else None,
            if_range=environ.get("HTTP_IF_RANGE"),
            if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
        )
        _begin(start, answer.status, _headers(answer, etag=etag, signed=signed))
        if answer.length == 0 or not is_get:
            return []
        if line := environ.get("gunicorn.socket"):
            line.settimeout(STALLED_SECONDS)
        part = Part(path, start=answer.start, length=answer.length)
        wrapper = environ.get("wsgi.file_wrapper", part.blocks)
        sent: Iterable[bytes] = wrapper(part, BLOCK_BYTES)
        return sent


class Part:
    """A part of a file, as a file: a server sends it by its descriptor, or reads it."""

    def __init__(self, path: Path, *, start: int, length: int) -> None:
        self.file = FileIO(path)  # unbuffered, so that the descriptor is where we are
        self.file.seek(start)
        self.left = length

    def fileno(self) -> int:
        return self.file.fileno()

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        chunk = self.file.read(min(size, self.left))
        self.left -= len(chunk)
        return chunk

    def close(self) -> None:
        self.file.close()

    @staticmethod
    def blocks(part: "Part", size: int) -> Iterable[bytes]:
        try:
            while chunk := part.read(size):
                yield chunk
        finally:
            part.close()


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


def _begin(start: "StartResponse", status: HTTPStatus, headers: Headers) -> None:
    start(f"{status.value} {status.phrase}", headers)


def _say(
    start: "StartResponse",
    status: HTTPStatus,
    body: Mapping[str, str],
    *more: tuple[str, str],
) -> Iterable[bytes]:
    """Answer with a small JSON body."""
    said = json.dumps(body).encode()
    headers = [
        *CORS,
        *SAFETY,
        ("content-type", "application/json"),
        ("content-length", str(len(said))),
        ("cache-control", "no-store"),
        *more,
    ]
    _begin(start, status, headers)
    return [said]
