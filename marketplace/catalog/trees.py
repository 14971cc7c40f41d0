"""Works out what a commit does to a tree: which entries end and which begin.

Pure arithmetic over entries that were read: counts and sizes of folders change by
differences, and only the folders above a changed file get a new digest.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from django.utils.translation import gettext

from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Commit, EntryKind, TreeEntry
from marketplace.catalog.paths import folders_above, split
from marketplace.kit.errors import DomainError, Malformed

TALLY_BYTES = 384
MODULUS = 2 ** (8 * TALLY_BYTES)


class PathClash(Malformed):
    code = "path_clash"


class NoSuchFile(DomainError):
    code = "file_not_found"
    status = 404


@dataclass(slots=True)
class TreePlan:
    """The difference between two trees: `added` by path, and `ended` entries."""

    added: dict[str, TreeEntry] = field(default_factory=dict)
    ended: dict[str, TreeEntry] = field(default_factory=dict)

    @property
    def root(self) -> TreeEntry:
        return self.added[""]

    @property
    def folders(self) -> list[str]:
        """The folders that get a new digest."""
        return [path for path, entry in self.added.items() if not entry.is_file]

    @property
    def uncounted(self) -> list[str]:
        """Those of them that were written before folders had a tally."""
        return [
            path
            for path in self.folders
            if path in self.ended
            and not self.ended[path].is_file
            and self.ended[path].tally is None
        ]


def plan_tree(
    changes: Mapping[str, AddFile | None], *, live: Mapping[str, TreeEntry]
) -> TreePlan:
    """Return what the changes do; an empty plan if they do nothing.

    Args:
        changes: the file to put at each path, or None to take it away.
        live: the entries now at these paths and at the folders above them.

    Raises:
        NoSuchFile: a path to take away holds no file.
        PathClash: a name would be both a file and a folder.
    """
    plan = TreePlan()
    for path, addition in changes.items():
        _plan_file(plan, path, addition, live.get(path))
    if plan.added or plan.ended:
        _check_clashes(plan, live)
        _plan_folders(plan, live)
    return plan


def _plan_file(
    plan: TreePlan, path: str, addition: AddFile | None, held: TreeEntry | None
) -> None:
    was_file = held is not None and held.is_file
    if addition is None:
        if held is None or not was_file:
            raise NoSuchFile(
                gettext("path: there is no file “%(path)s” to delete.") % {"path": path}
            )
        plan.ended[path] = held
        return
    if held is not None and was_file:
        if held.blob_id == addition.blob.pk:
            return
        plan.ended[path] = held
    folder, name = split(path)
    plan.added[path] = TreeEntry(
        folder=folder,
        name=name,
        kind=EntryKind.FILE,
        blob=addition.blob,
        oid=addition.git_oid,
        size_bytes=addition.blob.size_bytes,
        file_count=1,
    )


def _check_clashes(plan: TreePlan, live: Mapping[str, TreeEntry]) -> None:
    for path in plan.added:
        for folder in folders_above(path)[:-1]:
            held = live.get(folder)
            stays_file = held is not None and held.is_file and folder not in plan.ended
            if stays_file or folder in plan.added:
                raise PathClash(
                    gettext(
                        "path: “%(folder)s” is a file, so “%(path)s” cannot be "
                        "inside it. Delete the file or choose another folder."
                    )
                    % {"folder": folder, "path": path}
                )


def _plan_folders(plan: TreePlan, live: Mapping[str, TreeEntry]) -> None:
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for entries, sign in ((plan.added, 1), (plan.ended, -1)):
        for path, entry in entries.items():
            for folder in folders_above(path):
                counts[folder] = counts.get(folder, 0) + sign
                sizes[folder] = sizes.get(folder, 0) + sign * entry.size_bytes
    files = set(plan.added)
    for path, more_files in counts.items():
        held = live.get(path)
        is_folder = held is not None and not held.is_file
        count = more_files + (held.file_count if held and is_folder else 0)
        size = sizes[path] + (held.size_bytes if held and is_folder else 0)
        if held is not None and is_folder:
            plan.ended[path] = held
        if count or not path:
            folder, name = split(path)
            plan.added[path] = TreeEntry(
                folder=folder,
                name=name,
                kind=EntryKind.DIRECTORY,
                size_bytes=size,
                file_count=count,
            )
    _check_replaced_folders(files, plan, live)


def _check_replaced_folders(
    files: Iterable[str], plan: TreePlan, live: Mapping[str, TreeEntry]
) -> None:
    for path in files:
        held = live.get(path)
        if held is not None and not held.is_file and path not in plan.ended:
            raise PathClash(_folder_there(path))
        if not plan.added[path].is_file:
            raise PathClash(_folder_there(path))


def _folder_there(path: str) -> str:
    return (
        f"path: “{path}” is a folder, so no file can have that name. "
        "Delete what is in it or choose another name."
    )


def digest_folders(
    plan: TreePlan, *, siblings: Iterable[tuple[str, str, str, str | None, str]]
) -> None:
    """Give each folder of the plan its tally and oid, the deepest first.

    A folder's oid is the first 40 hex digits of a SHA-256 over its tally, and that is the
    sum, modulo 2^3072, of a SHAKE-256 over kind, digest and name of each thing in it. So
    equal trees have equal oids anywhere, and a folder of a hundred thousand files need not
    be read to change one. (Bellare and Micciancio, “A new paradigm for collision-free
    hashing”, 1997; the modulus leaves no room for Wagner's generalised birthdays.)

    Args:
        plan: its folders' tallies and oids are set.
        siblings: folder, name, kind, blob and oid of all live entries in the plan's
            `uncounted` folders before the commit.
    """
    tallies = {
        path: _number(plan.ended[path].tally) if path in plan.ended else 0
        for path in plan.folders
    }
    for folder, name, kind, blob_id, oid in siblings:
        tallies[folder] += _weight(kind, blob_id or oid, name)
    for path, entry in plan.ended.items():
        if path and entry.folder in tallies:
            weight = _weight(entry.kind, entry.blob_id or entry.oid, entry.name)
            tallies[entry.folder] -= weight
    for path in sorted(plan.added, key=lambda path: -len(folders_above(path))):
        entry = plan.added[path]
        if not entry.is_file:
            tally = (tallies[path] % MODULUS).to_bytes(TALLY_BYTES, "big")
            entry.tally = tally
            entry.oid = hashlib.sha256(tally).hexdigest()[:40]
        if path:
            weight = _weight(entry.kind, entry.blob_id or entry.oid, entry.name)
            tallies[entry.folder] += weight


def _weight(kind: str, digest: str, name: str) -> int:
    said = f"{kind} {digest} {name}".encode()
    return int.from_bytes(hashlib.shake_256(said).digest(TALLY_BYTES), "big")


def _number(tally: bytes | memoryview | None) -> int:
    return int.from_bytes(tally, "big") if tally is not None else 0


def commit_oid(commit: Commit) -> str:
    """Return the oid of a commit: a digest over all it says, its repository aside.

    Its author has a part in it by number, so that a name can be erased.
    """
    said: dict[str, object] = {
        "tree": commit.tree_oid,
        "parents": commit.parents,
        "author": commit.author_id,
        "message": commit.message,
        "time": commit.committed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    if commit.line:  # so that no two lines have the same commit
        said["line"] = commit.line
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]
