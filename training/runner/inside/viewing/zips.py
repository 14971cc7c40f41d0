"""Files in a zip, read where they lie: nothing is unpacked anywhere."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from training.runner.inside.viewing.stored import (
    ALWAYS_UNPACKED,
    MOST_RATIO,
    Stored,
    unpacks_too_far,
)
from training.runner.inside.viewing.unreadable import Unreadable, shown

MOST_MEMBERS = 1_000_000
MOST_HELD_BYTES = 32 << 20  # of a file that may have to be read here and there
ENCRYPTED = 1
BROKEN = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError)


class _Member(io.RawIOBase):
    """What a zip unpacks of one file, whose faults are the zip's."""

    def __init__(self, source: IO[bytes], zipped: Stored) -> None:
        super().__init__()
        self._source, self._zipped = source, zipped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        try:
            content = self._source.read(len(view))
        except (*BROKEN, zlib.error) as wrong:
            raise _damaged(self._zipped, wrong) from wrong
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._source.close()
        super().close()


def members_of(zipped: Stored) -> Iterator[Stored]:
    """Yield the files of a zip as they may be read.

    Raises:
        Unreadable: it is damaged, locked, or unpacks to more than it may.
    """
    try:
        archive = zipfile.ZipFile(zipped.open_random())
    except BROKEN as wrong:
        raise _damaged(zipped, wrong) from wrong
    found = [each for each in archive.infolist() if not each.is_dir()]
    if len(found) > MOST_MEMBERS:
        raise zipped.fault("too_many_files", f"holds more than {MOST_MEMBERS:,} files.")
    if sum(each.file_size for each in found) > max(
        zipped.size * MOST_RATIO, ALWAYS_UNPACKED
    ):
        raise unpacks_too_far(zipped.path)
    if any(each.flag_bits & ENCRYPTED for each in found):
        raise zipped.fault("locked_file", "takes a password. Pack it without one.")
    for each in found:
        yield Stored(
            f"{zipped.path}/{each.filename}",
            each.file_size,
            _opener(zipped, archive, each),
            is_random=each.file_size <= MOST_HELD_BYTES,
        )


def _opener(
    zipped: Stored, archive: zipfile.ZipFile, each: zipfile.ZipInfo
) -> Callable[[], Any]:
    def opened() -> Any:
        try:
            member = _Member(archive.open(each), zipped)
        except BROKEN as wrong:
            raise _damaged(zipped, wrong) from wrong
        if each.file_size > MOST_HELD_BYTES:
            return member
        with member:
            return io.BytesIO(member.read())

    return opened


def _damaged(zipped: Stored, wrong: BaseException) -> Unreadable:
    return zipped.fault(
        "damaged_file", f"is no zip that can be read ({shown(wrong)}). Pack it again."
    )
