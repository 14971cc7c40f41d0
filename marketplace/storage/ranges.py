"""Which bytes a request asks for: RFC 9110 sections 8.8.3, 13 and 14. Pure."""

import re
from dataclasses import dataclass
from http import HTTPStatus

OWS = " \t"
TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
RANGE = re.compile(r"([0-9]*)-([0-9]*)")
LONGEST = 20  # digits: more than any file has bytes, fewer than int() refuses


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: a status, and the bytes from `start` up to but not `stop`."""

    status: HTTPStatus
    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    @property
    def content_range(self) -> str | None:
        """Return the `Content-Range` header of a 206 or a 416, else None."""
        if self.status == HTTPStatus.PARTIAL_CONTENT:
            return f"bytes {self.start}-{self.stop - 1}/{self.size}"
        if self.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return f"bytes */{self.size}"
        return None


def answer_for(
    *,
    size: int,
    etag: str,
    range_header: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Answer:
    """Decide a GET of `size` bytes. For HEAD, give no `range_header` (section 14.2).

    A header that is not well formed is ignored, as the RFC asks. Of several ranges none
    is served: the answer is the whole, which section 14.2 allows.

    Args:
        size: of the whole content, in bytes.
        etag: its strong entity tag, with the quotes.
        range_header: `Range`, as it came.
        if_range: `If-Range`; unless it is exactly `etag`, the whole is sent.
        if_none_match: `If-None-Match`, compared first.
    """
    if if_none_match is not None and matches(if_none_match, etag=etag):
        return Answer(HTTPStatus.NOT_MODIFIED, 0, 0, size)
    whole = Answer(HTTPStatus.OK, 0, size, size)
    if range_header is None or (if_range is not None and if_range.strip(OWS) != etag):
        return whole
    wanted = parse_range(range_header)
    if wanted is None:
        return whole
    start, stop = _within(size, wanted)
    if start < stop:
        return Answer(HTTPStatus.PARTIAL_CONTENT, start, stop, size)
    if wanted[0] is None and wanted[1] and size == 0:
        return whole  # the last n of nothing: satisfiable, and no range can say so
    return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, 0, size)


def matches(if_none_match: str, *, etag: str) -> bool:
    """Compare weakly with each tag of an `If-None-Match`; `*` matches anything."""
    if if_none_match.strip(OWS) == "*":
        return True
    return any(tag[2] == etag for tag in TAG.finditer(if_none_match))


def parse_range(header: str) -> tuple[int | None, int | None] | None:
    """Return (first, last) of a single byte range; None if it is not one.

    (None, n) means the last n bytes and (first, None) all from there on.
    """
    unit, equals, ranges = header.strip(OWS).partition("=")
    if unit.strip(OWS).lower() != "bytes" or not equals:
        return None
    specs = [spec.strip(OWS) for spec in ranges.split(",")]
    specs = [spec for spec in specs if spec]  # a list may have empty elements
    found = RANGE.fullmatch(specs[0]) if len(specs) == 1 else None
    if found is None or found[0] == "-":
        return None
    first, last = _number(found[1]), _number(found[2])
    if first is not None and last is not None and last < first:
        return None
    return first, last


def begins(header: str | None) -> bool:
    """Whether what a `Range`, or none, asks for begins where the content does."""
    wanted = parse_range(header) if header else (0, None)
    return wanted is not None and wanted[0] == 0


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) < LONGEST else 10**LONGEST


def _within(size: int, wanted: tuple[int | None, int | None]) -> tuple[int, int]:
    first, last = wanted
    if first is None:
        return max(size - (last or 0), 0), size
    return first, size if last is None else min(last + 1, size)
