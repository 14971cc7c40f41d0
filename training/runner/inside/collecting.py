"""Takes what a stranger's program wrote, believing nothing that a path says.

The program may have left children that go on changing its folders. So no path is looked
at and opened later: each entry is opened once, below a folder that is open already,
without following links or waiting for a pipe's other end, and judged by what was opened.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from training.runner.inside.refusal import Refusal

STAGE = "RUN"
MOST_FILES = 5_000
DEEPEST = 16
LONGEST_NAME = 200
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Most:
    """How much may be taken in all."""

    size_bytes: int
    files: int = MOST_FILES


def _unsafe(name: str, problem: str) -> Refusal:
    message = f"It left {name[:100]!r} in its output, which {problem}."
    return Refusal("unsafe_output", message, STAGE)


def _too_large(most_bytes: int) -> Refusal:
    message = f"It wrote more than {most_bytes >> 10:,} KiB of output."
    return Refusal("output_too_large", message, STAGE)


@contextmanager
def _opened(path: str | Path, flags: int, *, within: int | None) -> Iterator[int]:
    fd = os.open(path, flags, dir_fd=within)
    try:
        yield fd
    finally:
        os.close(fd)


def _problem_of(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file"
    if found.st_nlink != 1:
        return "is a file by other names, too"
    return ""


def _read(fd: int, *, most_bytes: int) -> bytes:
    """Read a file to its end, wherever that is by now.

    Raises:
        Refusal: it is longer than `most_bytes`, if only by what was never written.
    """
    if os.fstat(fd).st_size > most_bytes:
        raise _too_large(most_bytes)
    parts = []
    left = most_bytes
    while part := os.read(fd, min(left + 1, CHUNK)):
        left -= len(part)
        if left < 0:
            raise _too_large(most_bytes)
        parts.append(part)
    return b"".join(parts)


def plain_file(path: Path, *, most_bytes: int) -> bytes | None:
    """Return the content of one file; None if there is no plain file by that name.

    Raises:
        Refusal: it is too large.
    """
    try:
        with (
            _opened(path.parent, FOLDER, within=None) as folder,
            _opened(path.name, FILE, within=folder) as fd,
        ):
            if _problem_of(os.fstat(fd)):
                return None
            return _read(fd, most_bytes=most_bytes)
    except OSError:
        return None


def collect(folder: Path, *, most: Most) -> list[tuple[str, bytes]]:
    """Return all files below `folder` by their names from there, in order.

    Raises:
        Refusal: one is a link, a device or another thing that is no plain file; has a
            name that no archive should have; or there are too many, too deep, too large.
    """
    found: list[tuple[str, bytes]] = []
    left = most.size_bytes
    with _opened(folder, FOLDER, within=None) as top:
        for name, fd in _files(top, "", depth=0):
            if len(found) == most.files:
                message = f"It wrote more than {most.files:,} files of output."
                raise Refusal("output_too_large", message, STAGE)
            try:
                content = _read(fd, most_bytes=left)
            except Refusal:
                raise _too_large(most.size_bytes) from None
            left -= len(content)
            found.append((name, content))
    return found


def _files(folder: int, above: str, *, depth: int) -> Iterator[tuple[str, int]]:
    """Yield each file below an open folder, open as long as nobody asks for the next."""
    if depth > DEEPEST:
        raise _unsafe(above, f"lies more than {DEEPEST} folders deep")
    for entry in sorted(os.listdir(folder)):
        name = f"{above}{entry}"
        _judge_name(name, entry)
        try:
            with _opened(entry, FILE, within=folder) as fd:
                found = os.fstat(fd)
                if stat.S_ISDIR(found.st_mode):
                    yield from _files(fd, f"{name}/", depth=depth + 1)
                    continue
                if problem := _problem_of(found):
                    raise _unsafe(name, problem)
                yield name, fd
        except FileNotFoundError:  # gone since it was listed
            continue
        except OSError as refused:  # ELOOP, ENXIO: a link, a socket
            raise _unsafe(name, "cannot be opened as a plain file") from refused


def _judge_name(name: str, entry: str) -> None:
    if len(name) > LONGEST_NAME:
        raise _unsafe(name, "has too long a name")
    try:
        entry.encode()
    except UnicodeEncodeError:
        raise _unsafe(name, "has a name that is no text") from None
    if "\\" in entry or not entry.isprintable():
        raise _unsafe(name, "has a backslash or a control character in its name")
