"""Opens a stranger's bundle: every entry is judged before the first byte is used.

A bundle is a zip, perhaps within one folder at its top. Its parts are files, zips in
the zip, and folders; a folder is packed into a zip whose bytes depend on nothing but
what it holds, so that the same program is the same blob.
"""

import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from django.utils.translation import gettext

from training.contests.importers.refusal import BundleRefused

MOST_ENTRIES = 20_000
MOST_BYTES = 8 * 2**30
MOST_RATIO = 200  # of one entry; programs, pages and tables stay far below
SMALL_BYTES = 2**20  # entries below this may be as repetitive as they like
MOST_TEXT_BYTES = 4 * 2**20
IN_MEMORY_BYTES = 16 * 2**20
LONGEST_PATH = 240
DEEPEST = 16
ENCRYPTED = 0x1
LOCAL_HEADER_BYTES = 30
CHUNK = 1 << 20
KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
EPOCH = (1980, 1, 1, 0, 0, 0)
BROKEN = (  # what zipfile raises at one kind of damage or another
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    NotImplementedError,
    OverflowError,
    struct.error,
    UnicodeDecodeError,
)


class PartKind(StrEnum):
    FILE = "FILE"
    ZIP = "ZIP"
    FOLDER = "FOLDER"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a bundle's description names: a path below the bundle's root."""

    path: str
    kind: PartKind

    @property
    def is_archive(self) -> bool:
        """Whether its bytes are a zip: one that was there, or a folder packed."""
        return self.kind is not PartKind.FILE

    @property
    def filename(self) -> str:
        name = PurePosixPath(self.path).name
        return f"{name}.zip" if self.kind is PartKind.FOLDER else name


def _is_rubbish(path: PurePosixPath) -> bool:
    """Tell what a Mac or Windows adds to every folder it zips."""
    return (
        "__MACOSX" in path.parts
        or path.name.startswith("._")
        or path.name in {".DS_Store", "Thumbs.db", "desktop.ini"}
    )


def _refused(entry: zipfile.ZipInfo, problem: str, *, within: str) -> BundleRefused:
    raw = entry.orig_filename
    shown = raw if len(raw) <= 100 else f"{raw[:100]}…"
    return BundleRefused(
        gettext("the entry %(shown)s %(problem)s. Take it out and zip again.")
        % {"shown": f"{shown!r}", "problem": problem},
        file=within,
    )


def _problem_of_name(raw: str) -> str:
    """Say what is wrong with a name; empty if nothing is."""
    path = PurePosixPath(raw)
    if "\\" in raw or any(ord(letter) < 32 for letter in raw):
        return "has a backslash or a control character in its name"
    if path.is_absolute() or raw[1:2] == ":":
        return "has an absolute path"
    if ".." in path.parts:
        return "leaves the bundle"
    if not path.parts:
        return "has no name"
    if len(raw) > LONGEST_PATH or len(path.parts) > DEEPEST:
        return "has too long a path"
    return ""


def _problem_of_form(entry: zipfile.ZipInfo) -> str:
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    is_large = entry.file_size > SMALL_BYTES
    if stat.S_ISLNK(mode):
        return "is a symbolic link"
    if kind and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "is neither a file nor a folder"
    if entry.flag_bits & ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in KNOWN_METHODS:
        return "is compressed in a way other than deflate"
    if is_large and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return f"grows more than {MOST_RATIO}-fold"
    return ""


def _judge(entry: zipfile.ZipInfo, *, within: str) -> PurePosixPath:
    """Return an entry's safe path; `orig_filename` has what zipfile would have mended.

    Raises:
        BundleRefused: it is a link, leaves the bundle, is encrypted or a bomb.
    """
    raw = entry.orig_filename
    if problem := _problem_of_name(raw) or _problem_of_form(entry):
        raise _refused(entry, problem, within=within)
    return PurePosixPath(raw)


def _check_apart(entries: list[zipfile.ZipInfo], *, within: str) -> None:
    """Refuse entries whose stored bytes overlap, as those of the best bombs do."""
    end = -1
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise BundleRefused(
                gettext("the entry %(orig_filename)s overlaps another.")
                % {"orig_filename": f"{entry.orig_filename!r}"},
                file=within,
            )
        name_bytes = len(entry.orig_filename.encode(errors="replace"))
        end = (
            entry.header_offset + LOCAL_HEADER_BYTES + name_bytes + entry.compress_size
        )


def judged(
    archive: zipfile.ZipFile, *, within: str = "", most_bytes: int = MOST_BYTES
) -> tuple[dict[str, zipfile.ZipInfo], list[str]]:
    """Return a zip's files by safe path, and the paths that were left out as rubbish.

    The same member twice is taken once if both are alike.

    Args:
        archive: to judge.
        within: what it is called in a refusal.
        most_bytes: what it may hold when unpacked.

    Raises:
        BundleRefused: an entry is hostile or broken; the message names it.
    """
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise BundleRefused(
            gettext("it has %(entries)s entries; %(most_entries)s is the most.")
            % {"entries": f"{len(entries):,}", "most_entries": f"{MOST_ENTRIES:,}"},
            file=within,
        )
    _check_apart(entries, within=within)
    kept: dict[str, tuple[str, zipfile.ZipInfo]] = {}  # by name, whatever its case
    rubbish: list[str] = []
    total = 0
    for entry in entries:
        path = _judge(entry, within=within)
        if _is_rubbish(path):
            rubbish.append(str(path))
            continue
        if entry.is_dir():
            continue
        total += entry.file_size
        if total > most_bytes:
            problem = f"brings what it holds above {most_bytes >> 20:,} MiB"
            raise _refused(entry, problem, within=within)
        name, twin = kept.setdefault(str(path).casefold(), (str(path), entry))
        if twin is entry:
            continue
        is_alike = (twin.CRC, twin.file_size) == (entry.CRC, entry.file_size)
        if name != str(path) or not is_alike:
            problem = f"is there twice (as {name!r}), and they differ"
            raise _refused(entry, problem, within=within)
        rubbish.append(f"{name} (a second time)")
    files = dict(kept.values())
    _check_folders(files, within=within)
    return files, rubbish


def _check_folders(files: dict[str, zipfile.ZipInfo], *, within: str) -> None:
    for name in files:
        for parent in PurePosixPath(name).parents:
            if str(parent) in files:
                problem = f"{str(parent)!r} is a file and a folder."
                raise BundleRefused(problem, file=within)


class Bundle:
    """A judged zip, read by paths below its root."""

    def __init__(self, archive: zipfile.ZipFile, *, within: str = "") -> None:
        self.archive = archive
        self.within = within
        self.files, self.rubbish = judged(archive, within=within)
        self.root = ""

    def enter_top_folder(self) -> None:
        """Make the only folder at the top the root, as some zips are made."""
        tops = {PurePosixPath(name).parts[0] for name in self.files}
        if len(tops) == 1 and next(iter(tops)) not in self.files:
            self.root = f"{tops.pop()}/"
            self.files = {
                name.removeprefix(self.root): entry
                for name, entry in self.files.items()
            }

    def names_below(self, folder: str) -> list[str]:
        """Return the paths of a folder's files, in order."""
        prefix = f"{folder}/" if folder else ""
        return sorted(name for name in self.files if name.startswith(prefix))

    def part(self, path: str, *, file: str, field: str) -> Part:
        """Find what a description names.

        Raises:
            BundleRefused: it is not in the bundle, or lies outside of it.
        """
        plain = PurePosixPath(path.replace("\\", "/").strip())
        if plain.is_absolute() or ".." in plain.parts:
            raise BundleRefused(
                gettext("%(path)s leaves the bundle. Name a path inside of it.")
                % {"path": f"{path!r}"},
                file=file,
                field=field,
            )
        name = "" if str(plain) == "." else str(plain)
        if name in self.files:
            is_zip = name.casefold().endswith(".zip")
            part = Part(name, PartKind.ZIP if is_zip else PartKind.FILE)
            if is_zip:
                self._judge_inner(part)
            return part
        if name and self.names_below(name):
            return Part(name, PartKind.FOLDER)
        raise BundleRefused(
            gettext("%(path)s is not in the bundle. Put it there, or mend the path.")
            % {"path": f"{path!r}"},
            file=file,
            field=field,
        )

    def _judge_inner(self, part: Part) -> None:
        with self.open(part) as packed, opened(packed, within=part.path):
            pass

    def read(self, path: str, *, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
        """Return one file's bytes.

        Raises:
            BundleRefused: it is larger than `most_bytes`, or damaged.
        """
        entry = self.files[path]
        if entry.file_size > most_bytes:
            raise BundleRefused(
                gettext("it has %(value)s MiB; %(value_2)s MiB is the most.")
                % {"value": f"{entry.file_size >> 20:,}", "value_2": most_bytes >> 20},
                file=path,
            )
        with self.unpacking(path) as packed:
            return packed.read()

    def text(self, path: str) -> str:
        """Return a file's text, whether or not it begins with a byte order mark.

        Raises:
            BundleRefused: it is too large or not UTF-8.
        """
        try:
            return self.read(path).decode("utf-8-sig")
        except UnicodeDecodeError as broken:
            raise BundleRefused(
                gettext("it is not UTF-8 (byte %(start)s). Save it as UTF-8.")
                % {"start": broken.start},
                file=path,
            ) from broken

    @contextmanager
    def open(self, part: Part) -> Iterator[BinaryIO]:
        """Give a part's bytes to read and to seek in; a folder's are those of a zip.

        Raises:
            BundleRefused: an entry is damaged.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as copy:
            if part.kind is PartKind.FOLDER:
                self._pack(part.path, copy)
            else:
                with self.unpacking(part.path) as packed:
                    _copy(packed, copy)
            copy.seek(0)
            yield copy  # type: ignore[misc]  # a file in all but its class

    def _pack(self, folder: str, into: IO[bytes]) -> None:
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in self.names_below(folder):
                info = zipfile.ZipInfo(name.removeprefix(f"{folder}/"), EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                with (
                    self.unpacking(name) as source,
                    packed.open(info, "w", force_zip64=True) as target,
                ):
                    _copy(source, target)

    @contextmanager
    def unpacking(self, path: str) -> Iterator[IO[bytes]]:
        try:
            with self.archive.open(self.files[path]) as packed:
                yield packed
        except BROKEN as broken:
            raise BundleRefused(
                gettext("the entry is damaged (%(broken)s). Zip the folder again.")
                % {"broken": broken},
                file=f"{self.within}/{path}" if self.within else path,
            ) from broken


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)


@contextmanager
def opened(source: BinaryIO, *, within: str = "") -> Iterator[Bundle]:
    """Open a zip and judge all of its entries.

    Raises:
        BundleRefused: it is no zip, or an entry is hostile; the message names it.
    """
    try:
        archive = zipfile.ZipFile(source)
    except BROKEN as broken:
        raise BundleRefused(
            gettext("it is no zip that can be read (%(broken)s). Zip the folder again.")
            % {"broken": broken},
            file=within,
        ) from broken
    with archive:
        yield Bundle(archive, within=within)
