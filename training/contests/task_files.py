"""Zips of one file for each task of a contest: judged, looked at, and packed."""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.contests.importers.archive import EPOCH, Bundle, PartKind, opened
from training.contests.several import AskedTask

CHUNK = 1 << 20
IN_MEMORY_BYTES = 16 * 2**20
MOST_FILE_BYTES = 512 * 2**20  # of one task, unpacked


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """The files of a zip by the names of their tasks."""

    bundle: Bundle
    paths: Mapping[str, str]

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Give a task's file to read and to seek in.

        Raises:
            BundleRefused: it is damaged.
        """
        part = self.bundle.part(self.paths[name], file="", field="")
        if part.kind is not PartKind.FILE:
            raise Malformed(
                gettext("task “%(name)s”: its file is a zip; hand in what it holds.")
                % {"name": name}
            )
        with self.bundle.open(part) as file:
            yield file

    def head(self, name: str, size_bytes: int) -> bytes:
        """Return how a task's file begins.

        Raises:
            BundleRefused: it is damaged.
        """
        with self.bundle.unpacking(self.paths[name]) as file:
            return file.read(size_bytes)

    def unpack(self, name: str, into: Path) -> Path:
        """Write a task's file into a folder, and return where it lies.

        Raises:
            BundleRefused: it is damaged.
        """
        path = into / name
        with (
            self.bundle.unpacking(self.paths[name]) as source,
            path.open("wb") as target,
        ):
            copyfileobj(source, target, CHUNK)
        return path


@contextmanager
def opened_tasks(
    source: BinaryIO,
    tasks: Sequence[AskedTask],
    *,
    what: str = "file",
    is_whole: bool = True,
) -> Iterator[TaskFiles]:
    """Open a zip with a file for each task, called as the task is, whatever its ending.

    The files may lie in one folder. What systems add to zips is passed over.

    Args:
        source: the zip.
        tasks: of the contest.
        what: it is called in a refusal.
        is_whole: whether each task must have its file.

    Raises:
        BundleRefused: it is no zip, or an entry is hostile; the message names it.
        Malformed: a file is missing, too large, or of no task.
    """
    with opened(source, within=what) as bundle:
        bundle.enter_top_folder()
        paths: dict[str, str] = {}
        names = {each.name for each in tasks}
        for path, entry in bundle.files.items():
            name = PurePosixPath(path).name.casefold().split(".", 1)[0]
            if name not in names or "/" in path:
                raise Malformed(
                    gettext(
                        "%(what)s: “%(path)s” is of no task; the tasks are %(value)s."
                    )
                    % {
                        "what": what,
                        "path": path,
                        "value": ", ".join(each.name for each in tasks),
                    }
                )
            if name in paths:
                raise Malformed(
                    gettext(
                        "%(what)s: “%(paths)s” and “%(path)s” are both of task "
                        "“%(name)s”; give one."
                    )
                    % {"what": what, "paths": paths[name], "path": path, "name": name}
                )
            if entry.file_size > MOST_FILE_BYTES:
                raise Malformed(
                    gettext(
                        "%(what)s: “%(path)s” has %(value)s MiB; %(value_2)s MiB is "
                        "the most for a task."
                    )
                    % {
                        "what": what,
                        "path": path,
                        "value": f"{entry.file_size >> 20:,}",
                        "value_2": MOST_FILE_BYTES >> 20,
                    }
                )
            paths[name] = path
        missing = [each.name for each in tasks if each.name not in paths]
        if missing and is_whole:
            raise Malformed(
                gettext(
                    "%(what)s: the file for task “%(missing)s” is missing. Call it "
                    "%(missing)s.csv, in a zip with those of the other tasks."
                )
                % {"what": what, "missing": missing[0]}
            )
        if not paths:
            raise Malformed(gettext("%(what)s: the zip is empty.") % {"what": what})
        yield TaskFiles(bundle, paths)


@contextmanager
def packed(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[BinaryIO]:
    """Give a zip of files to read, the same bytes each time for the same ones.

    Args:
        files: each with its name in the zip, in their order.
    """
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for name, source in files:
                info = zipfile.ZipInfo(name, EPOCH)
                info.external_attr = 0o644 << 16
                source.seek(0)
                with archive.open(info, "w", force_zip64=True) as target:
                    copyfileobj(source, target, CHUNK)
        made.seek(0)
        yield made  # type: ignore[misc]  # a file in all but its class
