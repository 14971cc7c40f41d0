"""What a pull request changes, read for one who may take the files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries.proposals import (
    ProposedChange,
    proposal_changes,
    proposal_conflicts,
)
from marketplace.catalog.web.previews import PREVIEW_BYTES, shown_line, text_of
from marketplace.community.diffs import Hunk, as_git, hunks_of, lines_of
from marketplace.community.models import Discussion
from marketplace.storage.queries import BlobUnavailable, open_blob

MOST_FILES = 100
MOST_ROWS = 1000  # of one file, on a page
MOST_READ_BYTES = 4_000_000  # of all the files in one answer


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a pull request puts, changes or takes away.

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


def changes_of(
    user: AnyUser, discussion: Discussion, *, at: datetime
) -> list[FileChange]:
    """Return the files that a pull request changes, one more than `MOST_FILES` at most.

    Args:
        user: who will read them.
        discussion: a pull request, with its repository.
        at: now.

    Raises:
        Http404: `user` may not know of the repository.
        AccessRefused: they may not take its files as things stand, and so not read what
            became of them.

    Cost: reads at most 4 MB of files.
    """
    repository = discussion.repository
    require_access(user, repository=repository, at=at)
    found = proposal_changes(repository, discussion.number, most=MOST_FILES + 1)
    left = MOST_READ_BYTES
    changes = []
    for change in found:
        left -= sum(
            min(entry.size_bytes, PREVIEW_BYTES) for entry in _sides(change) if entry
        )
        changes.append(_read(change, is_left=left >= 0))
    return changes


def diff_of(user: AnyUser, discussion: Discussion, *, at: datetime) -> str:
    """Return what a pull request changes in Git's words.

    Raises:
        Http404, AccessRefused: see `changes_of`.
    """
    return "".join(
        as_git(
            change.path,
            change.hunks,
            is_new=change.act == "Added",
            is_gone=change.act == "Removed",
        )
        for change in changes_of(user, discussion, at=at)[:MOST_FILES]
    )


def conflicts_in(discussion: Discussion) -> list[str]:
    """Return paths, of the first that a pull request changes, that keep it from merging.

    One that is over conflicts with nothing.
    """
    if not discussion.is_going_on:
        return []
    return proposal_conflicts(discussion.repository, discussion.number, most=MOST_FILES)


def _sides(change: ProposedChange) -> tuple[TreeEntry | None, TreeEntry | None]:
    return change.before, change.after


def _read(change: ProposedChange, *, is_left: bool) -> FileChange:
    before, after = _sides(change)
    act = "Changed" if before and after else "Added" if after else "Removed"
    size_bytes = after.size_bytes if after else 0
    hunks, why_not = None, "Much else changes; look at this file by itself."
    if is_left:
        hunks, why_not = _compared(before, after)
    return FileChange(change.path, act, size_bytes, hunks, why_not)


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
