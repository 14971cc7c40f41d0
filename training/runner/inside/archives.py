"""Opens a stranger's zip: every entry is judged before the first byte is written."""

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from training.runner.inside.refusal import Refusal

MOST_ENTRIES = 2_000
MOST_BYTES = 200 * 2**20
MOST_RATIO = 200  # of one entry; real code and weights stay far below
SMALL_BYTES = 2**20  # entries below this may be as repetitive as they like
LONGEST_PATH = 240
DEEPEST = 16
IGNORED = ("__MACOSX", ".DS_Store")
ENCRYPTED = 0x1
KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 1 << 20
BROKEN = (  # what zipfile raises at one kind of damage or another
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    NotImplementedError,
    OverflowError,
    struct.error,
    UnicodeDecodeError,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large an archive may become."""

    entries: int = MOST_ENTRIES
    size_bytes: int = MOST_BYTES


def _refuse(entry: str, problem: str) -> Refusal:
    shown = entry if len(entry) <= 100 else f"{entry[:100]}…"
    message = f"The archive's entry {shown!r} {problem}. Remove it and zip again."
    return Refusal("unsafe_archive", message, "UNPACK")


def _name_of(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Judge a name; `orig_filename` still has what zipfile would have mended."""
    raw = entry.orig_filename
    if "\\" in raw or "\0" in raw or any(ord(letter) < 32 for letter in raw):
        raise _refuse(raw, "has a backslash or a control character in its name")
    path = PurePosixPath(raw)
    if path.is_absolute() or (len(raw) > 1 and raw[1] == ":"):
        raise _refuse(raw, "has an absolute path")
    if ".." in path.parts:
        raise _refuse(raw, "leaves the archive's folder")
    if not path.parts:
        raise _refuse(raw, "has no name")
    if len(raw) > LONGEST_PATH or len(path.parts) > DEEPEST:
        raise _refuse(raw, "has too long a path")
    return path


def _judge(entry: zipfile.ZipInfo) -> PurePosixPath:
    path = _name_of(entry)
    name = entry.orig_filename
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if stat.S_ISLNK(mode):
        raise _refuse(name, "is a symbolic link")
    if kind and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _refuse(name, "is neither a file nor a folder")
    if entry.flag_bits & ENCRYPTED:
        raise _refuse(name, "is encrypted")
    if entry.compress_type not in KNOWN_METHODS:
        raise _refuse(name, "is compressed in a way other than deflate")
    is_large = entry.file_size > SMALL_BYTES
    if is_large and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise _refuse(name, f"grows more than {MOST_RATIO}-fold")
    return path


def _check_apart(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse entries whose stored bytes overlap, as those of the best bombs do."""
    end = -1
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise _refuse(entry.orig_filename, "overlaps another entry")
        end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size


def judged(
    archive: zipfile.ZipFile, bounds: Bounds
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Return the entries worth unpacking with their safe paths.

    Raises:
        Refusal: an entry is hostile or broken, which it names.
    """
    entries = archive.infolist()
    if len(entries) > bounds.entries:
        message = (
            f"The archive has {len(entries)} entries; {bounds.entries} is the most."
        )
        raise Refusal("unsafe_archive", message, "UNPACK")
    _check_apart(entries)
    kept = []
    taken: dict[str, str] = {}
    total = 0
    for entry in entries:
        path = _judge(entry)
        if any(part in IGNORED for part in path.parts):
            continue
        folded = str(path).casefold()
        if folded in taken:
            problem = f"has the same name as {taken[folded]!r}"
            raise _refuse(entry.orig_filename, problem)
        taken[folded] = str(path)
        total += entry.file_size
        if total > bounds.size_bytes:
            most = bounds.size_bytes // 2**20
            problem = f"brings the unpacked size above {most} MiB"
            raise _refuse(entry.orig_filename, problem)
        kept.append((entry, path))
    return kept


def _copy(source: IO[bytes], target: IO[bytes], *, entry: zipfile.ZipInfo) -> None:
    left = entry.file_size
    while chunk := source.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise _refuse(entry.orig_filename, "is larger than it says")
        target.write(chunk)
    if left:
        raise _refuse(entry.orig_filename, "is smaller than it says")


def unpack(source: BinaryIO, into: Path, *, bounds: Bounds) -> None:
    """Write an archive's files below `into`, which must exist and be empty.

    Raises:
        Refusal: it is no zip, or an entry is hostile or broken; the message names it.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            for entry, path in judged(archive, bounds):
                target = into / path
                if entry.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as packed, target.open("xb") as file:
                    _copy(packed, file, entry=entry)
    except BROKEN as broken:
        message = f"The archive cannot be read: {broken}. Zip the folder again."
        raise Refusal("unreadable_archive", message, "UNPACK") from broken
    except (FileExistsError, NotADirectoryError) as clash:
        message = f"The archive has a file where it has a folder: {clash.filename}."
        raise Refusal("unsafe_archive", message, "UNPACK") from clash
