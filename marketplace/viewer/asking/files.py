"""A split's Parquet as files on this machine: the store's own, or copies of a few."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils.translation import gettext

from marketplace.storage.queries import local_copy
from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.engine import TooMuchAsked
from marketplace.viewer.models import Part, Split


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where copies lie that were asked for lately, in so many bytes; and for a while.

    `copies` is None where the store's own files can be read. `place` takes what is made
    for one question.
    """

    place: Path
    copies: Path | None
    most_bytes: int

    @property
    def ready(self) -> Path:
        """`place`, made if it was not there."""
        return _made(self.place)


@contextmanager
def lent(
    split: Split, parts: Sequence[Part], *, shelf: Shelf, rows: range | None = None
) -> Iterator[Table]:
    """Lend a split as a table; of its files, those that have some rows.

    Args:
        split: with its features.
        parts: all of it, in order, with their blobs.
        shelf: for copies.
        rows: by number; None for all.

    Raises:
        TooMuchAsked: so much is not copied here.
        BlobUnavailable: the store has lost some of it.

    Cost: none, where the store's files can be read; else fetching what is not on the
    shelf.
    """
    first, wanted = _with_rows(parts, rows)
    size = sum(part.size_bytes for part in wanted)
    if shelf.copies is not None and size > shelf.most_bytes:
        raise TooMuchAsked(
            gettext(
                "This table is larger than what is copied to the site for one "
                "question. Take "
                "its Parquet files and ask on your own machine."
            )
        )
    with ExitStack() as held:
        found = [File(_path(part, shelf, held), part.rows) for part in wanted]
        yield Table(columns_of(split.features), tuple(found), first)


def _with_rows(parts: Sequence[Part], rows: range | None) -> tuple[int, Sequence[Part]]:
    """Return the parts that have some rows, and the first row of the first of them."""
    if rows is None:
        return 0, parts
    starts = accumulate((part.rows for part in parts), initial=0)
    placed = [
        (start, part)
        for start, part in zip(starts, parts, strict=False)
        if start < rows.stop and start + part.rows > rows.start
    ]
    return (placed[0][0], [part for _, part in placed]) if placed else (0, [])


def _path(part: Part, shelf: Shelf, held: ExitStack) -> Path:
    if shelf.copies is None:
        return held.enter_context(local_copy(part.blob.pk))
    place = held.enter_context(TemporaryDirectory(dir=shelf.ready))
    return _copy(part.blob.pk, shelf.copies, Path(place) / "part.parquet", shelf)


def _copy(sha256: str, copies: Path, path: Path, shelf: Shelf) -> Path:
    """Give a blob's copy a name of its own, which stays when the shelf is cleared."""
    kept = _made(copies) / sha256
    try:
        path.hardlink_to(kept)
    except FileNotFoundError:
        with local_copy(sha256) as copy:
            path.hardlink_to(copy)
            with suppress(FileExistsError):
                kept.hardlink_to(copy)
        _clear(copies, most_bytes=shelf.most_bytes, besides=kept)
    os.utime(path)
    return path


def _clear(copies: Path, *, most_bytes: int, besides: Path) -> None:
    """Remove what was asked for longest ago, until all is small enough; not `besides`."""
    found = [(each.stat(), each) for each in copies.iterdir()]
    total = sum(about.st_size for about, _ in found)
    for about, each in sorted(found, key=lambda one: one[0].st_mtime):
        if total <= most_bytes or each == besides:
            continue
        each.unlink(missing_ok=True)
        total -= about.st_size


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
