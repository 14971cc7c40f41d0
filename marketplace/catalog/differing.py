"""How two versions of one file differ, as far as it is told: its lines, or why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext_noop

from marketplace.catalog.diffs import Hunk, hunks_of, lines_of
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.previews import PREVIEW_BYTES, shown_line, text_of
from marketplace.storage.queries import BlobUnavailable, open_blob

MOST_ROWS = 1000  # of one file, on a page


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a change puts, changes or takes away.

    `hunks` is None where the lines are not told, and `why_not` says why.
    """

    path: str
    act: str
    size_bytes: int
    hunks: list[Hunk] | None
    why_not: str

    @property
    def tone(self) -> str:
        return {"Added": "good", "Removed": "bad"}.get(self.act, "")

    @property
    def rows(self) -> Iterator[tuple[str, str]]:
        """Return what a page shows: a sign and a line, or `@` and a hunk's header."""
        return islice(self._rows(), MOST_ROWS)

    @property
    def is_cut(self) -> bool:
        """Whether a page shows only the beginning."""
        return next(islice(self._rows(), MOST_ROWS, None), None) is not None

    def _rows(self) -> Iterator[tuple[str, str]]:
        for hunk in self.hunks or []:
            yield "@", hunk.header
            for line in hunk.lines:
                yield line.sign, shown_line(line.text.removesuffix("\n"))


def change_between(
    path: str, before: TreeEntry | None, after: TreeEntry | None
) -> FileChange:
    """Return what became of a file; whoever asks may take both versions.

    Cost: reads `PREVIEW_BYTES` of each at most.
    """
    hunks, why_not = _compared(before, after)
    return untold(path, before, after, why_not=why_not, hunks=hunks)


def untold(
    path: str,
    before: TreeEntry | None,
    after: TreeEntry | None,
    *,
    why_not: str,
    hunks: list[Hunk] | None = None,
) -> FileChange:
    """Return what became of a file without reading it."""
    act = (
        gettext_noop("Changed")
        if before and after
        else gettext_noop("Added")
        if after
        else gettext_noop("Removed")
    )
    return FileChange(path, act, after.size_bytes if after else 0, hunks, why_not)


def _compared(
    before: TreeEntry | None, after: TreeEntry | None
) -> tuple[list[Hunk] | None, str]:
    """Return how two versions of a file differ, or why that is not told."""
    if any(side and side.size_bytes > PREVIEW_BYTES for side in (before, after)):
        return None, "Too large to compare here."
    old, new = _text(before), _text(after)
    if old is None or new is None:
        return None, "Not text, or not to be read now."
    hunks = hunks_of(lines_of(old), lines_of(new))
    return hunks, "" if hunks is not None else "Too much of it changed to compare here."


def _text(entry: TreeEntry | None) -> str | None:
    """Return a file as text; none at all is empty text."""
    if entry is None:
        return ""
    try:
        with open_blob(entry.content.pk) as file:
            return text_of(file.read(PREVIEW_BYTES))
    except BlobUnavailable:
        return None
