"""Files of a dataset as programs read them: in windows, unpacked, and counted."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa

from training.runner.inside.viewing.unreadable import Unreadable

BUFFER = 1 << 20
PACKED = (".gz", ".zst", ".bz2", ".xz")
MOST_RATIO = 500  # of what is unpacked to what was packed
ALWAYS_UNPACKED = 256 << 20
LONGEST_LINE = 64 << 20
TELL_EVERY = 32 << 20


class Meter:
    """Counts what is read, and tells of it now and then.

    Args:
        total_bytes: of the files.
        tell: given how many of them are done, each being read in `passes`.
    """

    def __init__(self, total_bytes: int, tell: Callable[[int], None]) -> None:
        self.total_bytes = total_bytes
        self.passes = 1
        self._tell = tell
        self._read = self._told = 0

    def count(self, size: int) -> None:
        self._read += size
        if self._read - self._told >= TELL_EVERY:
            self._told = self._read
            self._tell(min(self._read // self.passes, self.total_bytes))


class Window(io.RawIOBase):
    """Bytes `start` up to `start + size` of a file, with a place of its own."""

    def __init__(self, fd: int, start: int, size: int, meter: Meter) -> None:
        super().__init__()
        self._fd, self._start, self._size = fd, start, size
        self._meter = meter
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}
        self._place = max(begin[whence] + offset, 0)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        view = view[: max(self._size - self._place, 0)]
        if not view:
            return 0
        count = os.preadv(self._fd, [view], self._start + self._place)
        self._place += count
        self._meter.count(count)
        return count


class Bounded(io.RawIOBase):
    """What is unpacked, as long as it is in proportion to what was packed."""

    def __init__(self, source: IO[bytes], *, path: str, packed_bytes: int) -> None:
        super().__init__()
        self._source = source
        self._path = path
        self._left = max(packed_bytes * MOST_RATIO, ALWAYS_UNPACKED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        try:
            content = self._source.read(len(view))
        except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as torn:
            raise Unreadable(
                "damaged_file",
                f"{self._path} cannot be unpacked: it is damaged or cut off. Pack and "
                "upload it again.",
                path=self._path,
            ) from torn
        self._left -= len(content)
        if self._left < 0:
            raise unpacks_too_far(self._path)
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._source.close()
        super().close()


def unpacks_too_far(path: str) -> Unreadable:
    return Unreadable(
        "unpacks_too_far",
        f"{path} unpacks to more than {MOST_RATIO} times its size, as files do that are "
        "made to fill disks. Upload it unpacked.",
        path=path,
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A file to read as often as needed, each time from its beginning.

    `raw` opens it as it lies; where `is_random`, that may be read at any place.
    """

    path: str
    size: int
    raw: Callable[[], Any]
    is_random: bool = True

    @property
    def packing(self) -> str:
        """How it is packed, by its name; empty if it is not."""
        suffix = PurePosixPath(self.path).suffix.lower()
        if self.path.lower().endswith(".tgz"):
            return ".gz"
        return suffix if suffix in PACKED else ""

    @property
    def stem(self) -> str:
        """Its name without any suffix."""
        return PurePosixPath(self.path).name.partition(".")[0] or self.path

    def open(self) -> io.BufferedReader:
        """Open it unpacked."""
        raw = self.raw()
        if not self.packing:
            return io.BufferedReader(raw, BUFFER)
        packed = io.BufferedReader(raw, BUFFER)
        unpacked = _unpacked(packed, self.packing)
        bounded = Bounded(unpacked, path=self.path, packed_bytes=self.size)
        return io.BufferedReader(bounded, BUFFER)

    def open_random(self) -> io.BufferedReader:
        """Open what has to be read here and there.

        Raises:
            Unreadable: it is packed.
        """
        if self.packing or not self.is_random:
            raise Unreadable(
                "packed_file",
                f"{self.path} is of a kind that cannot be read while it is packed. "
                "Upload it as it was before.",
                path=self.path,
            )
        return io.BufferedReader(self.raw(), BUFFER)

    def fault(self, code: str, sentence: str, line: int | None = None) -> Unreadable:
        """Return an error of this file. Sentences begin after its name and line."""
        place = self.path if line is None else f"Line {line:,} of {self.path}"
        return Unreadable(code, f"{place} {sentence}", path=self.path, line=line)


def _unpacked(packed: io.BufferedReader, packing: str) -> Any:
    match packing:
        case ".gz":
            return gzip.GzipFile(fileobj=packed)
        case ".bz2":
            return bz2.BZ2File(packed)
        case ".xz":
            return lzma.LZMAFile(packed)
        case _:
            return pa.CompressedInputStream(packed, "zstd")


def lines_of(file: Stored) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a text file with their numbers, from 1, without their ends.

    Raises:
        Unreadable: a line is longer than any should be.
    """
    with file.open() as source:
        number = 0
        while line := source.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise file.fault(
                    "long_line",
                    f"is longer than {LONGEST_LINE >> 20} MiB. Break it up, or check "
                    "that the file is of the kind its name says.",
                    number,
                )
            if number == 1:
                line = _without_mark(file, line)
            yield number, line.rstrip(b"\r\n")


def _without_mark(file: Stored, line: bytes) -> bytes:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise file.fault("not_utf8", "is UTF-16. Save it as UTF-8.")
    return line.removeprefix(b"\xef\xbb\xbf")


def decoded(file: Stored, line: bytes, number: int) -> str:
    """Return a line as text.

    Raises:
        Unreadable: it is no UTF-8.
    """
    try:
        return line.decode()
    except UnicodeDecodeError as wrong:
        byte = line[wrong.start]
        raise file.fault(
            "not_utf8",
            f"has the byte 0x{byte:02x} at place {wrong.start + 1}, which is no UTF-8. "
            "Save the file as UTF-8.",
            number,
        ) from wrong


def first_undecodable(file: Stored) -> Unreadable | None:
    """Return the error of the first line that is no UTF-8, if there is one."""
    try:
        for number, line in lines_of(file):
            decoded(file, line, number)
    except Unreadable as found:
        return found
    return None
