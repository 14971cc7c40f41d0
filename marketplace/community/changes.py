"""What a pull request changes, read for one who may take the files."""

from datetime import datetime

from marketplace.catalog.differing import FileChange, change_between, untold
from marketplace.catalog.diffs import as_git
from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.previews import PREVIEW_BYTES
from marketplace.catalog.queries.proposals import (
    ProposedChange,
    proposal_changes,
    proposal_conflicts,
)
from marketplace.community.models import Discussion

MOST_FILES = 100
MOST_READ_BYTES = 4_000_000  # of all the files in one answer


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
    if is_left:
        return change_between(change.path, before, after)
    why_not = "Much else changes; look at this file by itself."
    return untold(change.path, before, after, why_not=why_not)
