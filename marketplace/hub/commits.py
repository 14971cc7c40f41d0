"""What a commit says on the wire: one JSON object a line, read as it arrives.

Pure, and bounded: one line is in memory at a time, and no line may be longer than the
longest file that travels inside one.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from marketplace.catalog.paths import BadPath, checked_path
from marketplace.kit.errors import DomainError, Malformed

INLINE_BYTES = 10 * 2**20  # the largest file that may travel inside a line
LINE_BYTES = INLINE_BYTES * 4 // 3 + 16 * 2**10
READ_BYTES = 2**16
MOST_LINES = 100_000
OID = re.compile(r"[0-9a-f]{64}")
PARENT = re.compile(r"[0-9a-f]{40}")


class BadLine(Malformed):
    code = "bad_line"


class LineTooLong(DomainError):
    code = "too_large"
    status = 413


class BodyCutOff(Malformed):
    code = "body_incomplete"


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: what the commit is called, and the one it must follow."""

    summary: str
    description: str
    parent: str | None

    @property
    def message(self) -> str:
        return f"{self.summary}\n\n{self.description}".strip()


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A small file, whole."""

    line: int
    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file sent before, by its SHA-256; a copy does not say how long it is."""

    line: int
    path: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Deletion:
    line: int
    path: str
    is_folder: bool


Operation = InlineFile | LargeFile | Deletion


def read_commit(
    source: Source, *, expected_bytes: int
) -> tuple[Header, Iterator[Operation]]:
    """Return the header, and an iterator that reads the operations line by line.

    Args:
        source: the body, read once, in pieces.
        expected_bytes: how long the body is said to be. One that is cut off at the end
            of a line looks whole, so the iterator counts.

    Raises:
        BadLine: a line says nothing that can be done; the message names it.
        LineTooLong: a line is longer than any file inside one may be.
        BodyCutOff: the body is shorter than it is said to be.
        BadPath: a path cannot be in a repository; the message names line and path.
    """
    lines = _said(_lines(source, expected_bytes=expected_bytes))
    number, key, value = next(lines, (1, "", {}))
    if key != "header":
        raise BadLine('line 1: the first line must be {"key": "header", "value": …}.')
    return _header(number, value), _operations(lines)


def _lines(source: Source, *, expected_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with their numbers, without their ends; blank ones are left out."""
    held, number, received = bytearray(), 1, 0
    while chunk := source.read(READ_BYTES):
        received += len(chunk)
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            held += end
            _require_short(held, number)
            if line := bytes(held).strip():
                yield number, line
            held.clear()
            number += 1
        held += rest
        _require_short(held, number)
    if received != expected_bytes:
        raise BodyCutOff(
            f"The body ended after {received:,} of {expected_bytes:,} bytes, so nothing "
            "was committed. Send it again."
        )
    if line := bytes(held).strip():
        yield number, line


def _require_short(line: bytearray, number: int) -> None:
    if len(line) > LINE_BYTES:
        raise LineTooLong(
            f"line {number}: files of more than {INLINE_BYTES:,} bytes do not fit in a "
            "line. Upload them first, and name them by an lfsFile line."
        )


def _said(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, str, Any]]:
    """Yield what each line says: its number, its key, its value."""
    for count, (number, line) in enumerate(lines):
        if count > MOST_LINES:
            raise BadLine(
                f"line {number}: one commit takes at most {MOST_LINES:,} operations. "
                "Commit the rest by another."
            )
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError as fault:
            raise BadLine(
                f"line {number}: this is not JSON in UTF-8: {fault}"
            ) from fault
        if not isinstance(said, dict) or not isinstance(said.get("value"), dict):
            raise BadLine(f'line {number}: write {{"key": "…", "value": {{…}}}}.')
        yield number, str(said.get("key")), said["value"]


def _header(number: int, value: dict[str, Any]) -> Header:
    summary = _text(number, value, "summary")
    description = _text(number, value, "description", default="")
    parent = _text(number, value, "parentCommit", default="")
    if parent and not PARENT.fullmatch(parent):
        raise BadLine(
            f"line {number}: parentCommit: give the 40 hex digits of a commit."
        )
    return Header(summary, description, parent or None)


def _operations(lines: Iterator[tuple[int, str, Any]]) -> Iterator[Operation]:
    for number, key, value in lines:
        match key:
            case "file":
                yield InlineFile(number, _path(number, value), _content(number, value))
            case "lfsFile":
                yield _large(number, value)
            case "deletedFile":
                yield Deletion(number, _path(number, value), is_folder=False)
            case "deletedFolder":
                yield Deletion(
                    number, _path(number, value, is_folder=True), is_folder=True
                )
            case _:
                raise BadLine(
                    f"line {number}: key: there is no operation “{key[:40]}”. Use file, "
                    "lfsFile, deletedFile or deletedFolder."
                )


def _large(number: int, value: dict[str, Any]) -> LargeFile:
    sha256 = _text(number, value, "oid")
    if _text(number, value, "algo", default="sha256") != "sha256":
        raise BadLine(f"line {number}: algo: only sha256 names contents here.")
    if not OID.fullmatch(sha256):
        raise BadLine(f"line {number}: oid: give 64 lower-case hex digits.")
    size = value.get("size")
    is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    if size is not None and not is_size:
        raise BadLine(f"line {number}: size: give a number of bytes, or leave it out.")
    return LargeFile(number, _path(number, value), sha256, size)


def _content(number: int, value: dict[str, Any]) -> bytes:
    text = _text(number, value, "content")
    encoding = _text(number, value, "encoding", default="base64")
    if encoding == "utf-8":
        content = text.encode()
    elif encoding == "base64":
        try:
            content = b64decode(text, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise BadLine(f"line {number}: content is not base64: {fault}.") from fault
    else:
        raise BadLine(f"line {number}: encoding: use base64 or utf-8.")
    if len(content) > INLINE_BYTES:
        raise LineTooLong(
            f"line {number}: the file has {len(content):,} bytes, and at most "
            f"{INLINE_BYTES:,} travel inside a line. Upload it first."
        )
    return content


def _path(number: int, value: dict[str, Any], *, is_folder: bool = False) -> str:
    path = _text(number, value, "path")
    if is_folder:
        path = path.removesuffix("/")
    try:
        return checked_path(path)
    except BadPath as fault:
        raise BadPath(f"line {number}: {fault}") from fault


def _text(
    number: int, value: dict[str, Any], name: str, *, default: str | None = None
) -> str:
    said = value.get(name)
    if said is None and default is not None:
        return default
    if not isinstance(said, str):
        raise BadLine(f"line {number}: {name}: write a text.")
    return said
