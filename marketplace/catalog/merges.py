"""Three-way merge by path: what one side did since both were the same, on the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import TreeEntry

Files = Mapping[str, TreeEntry]


@dataclass(slots=True)
class Merge:
    """What to put (or, None, to take away) at each path, and paths changed otherwise."""

    changes: dict[str, AddFile | None] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)


def merge_files(
    paths: Iterable[str], *, before: Files, ours: Files, theirs: Files
) -> Merge:
    """Return what takes their changes in.

    Args:
        paths: that they may have changed.
        before: what is at these paths in the version both sides come from.
        ours: the same on the side that takes in; folders among them are no files.
        theirs: the same on the side that is taken in.
    """
    merge = Merge()
    for path in sorted(paths):
        old, mine, new = (_content(side, path) for side in (before, ours, theirs))
        if new in {old, mine}:
            continue
        if mine != old:
            merge.conflicts.append(path)
        elif new is None:
            merge.changes[path] = None
        else:
            entry = theirs[path]
            merge.changes[path] = AddFile(path, entry.content, entry.oid)
    return merge


def _content(side: Files, path: str) -> str | None:
    entry = side.get(path)
    return entry.blob_id if entry is not None else None
