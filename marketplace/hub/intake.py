"""Takes in what a commit brings, as it arrives.

Small files go to the store in batches; large ones are found by what their sender has
proved to have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.changes import AddFile, Change, DeleteFile, DeleteFolder
from marketplace.catalog.git_ids import git_oid_of
from marketplace.catalog.paths import folders_above
from marketplace.catalog.queries import Confines, nameable_blobs
from marketplace.catalog.services import require_room
from marketplace.hub.commits import Deletion, InlineFile, LargeFile, Operation
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from marketplace.storage.services import store_many

HELD_BYTES = 8 * 2**20  # kept in memory before they go to the store
HELD_FILES = 500


class UnknownContent(Malformed):
    code = "unknown_content"


class WrongSize(Malformed):
    code = "wrong_size"


@dataclass(slots=True)
class Intake:
    """One commit's operations on their way in. The last word on each path counts.

    `namespace` is whose room they take; `confines` are those of the actor's token.
    """

    actor: User
    namespace: Namespace
    at: datetime
    confines: Confines | None = None
    changes: dict[str, tuple[int, Change | LargeFile]] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    held: list[InlineFile] = field(default_factory=list)
    held_bytes: int = 0
    received_bytes: int = 0

    def take(self, operations: Iterable[Operation]) -> list[Change]:
        """Return the changes to commit, once all of them have arrived.

        Raises:
            UnknownContent, WrongSize: a large file is none that the sender has.
            QuotaExceeded: the small files alone are more than there is room for.
            StorageFull: the disk takes no more.
        """
        for operation in operations:
            match operation:
                case InlineFile():
                    self._hold(operation)
                case LargeFile():
                    self.changes[operation.path] = operation.line, operation
                case Deletion(is_folder=True):
                    self.emptied[operation.path] = operation.line
                case Deletion():
                    gone = DeleteFile(operation.path)
                    self.changes[operation.path] = operation.line, gone
        self._store()
        return list(self._said_last())

    def _hold(self, file: InlineFile) -> None:
        self.held.append(file)
        self.held_bytes += len(file.content)
        if self.held_bytes >= HELD_BYTES or len(self.held) >= HELD_FILES:
            self._store()

    def _store(self) -> None:
        """Keep what is held; a namespace that is full is told before it is."""
        if not self.held:
            return
        self.received_bytes += self.held_bytes
        require_room(self.namespace, size_bytes=self.received_bytes, at=self.at)
        contents = [file.content for file in self.held]
        blobs = store_many(contents, stored_at=self.at)
        for file, blob in zip(self.held, blobs, strict=True):
            addition = AddFile(file.path, blob, git_oid_of(file.content))
            self.changes[file.path] = file.line, addition
        self.held, self.held_bytes = [], 0

    def _said_last(self) -> Iterator[Change]:
        for folder in self.emptied:
            yield DeleteFolder(folder)
        last = {
            path: said
            for path, (line, said) in self.changes.items()
            if not self._is_emptied(path, after=line)
        }
        large = [said for said in last.values() if isinstance(said, LargeFile)]
        digests = {file.sha256 for file in large}
        known = nameable_blobs(self.actor, digests, confines=self.confines)
        for said in last.values():
            yield _addition(said, known) if isinstance(said, LargeFile) else said

    def _is_emptied(self, path: str, *, after: int) -> bool:
        if not self.emptied:
            return False
        return any(
            self.emptied.get(folder, 0) > after for folder in folders_above(path)
        )


def _addition(file: LargeFile, known: dict[str, Blob]) -> AddFile:
    blob = known.get(file.sha256)
    if blob is None:
        raise UnknownContent(
            f"line {file.line}: “{file.path}”: you have sent no content {file.sha256}, "
            "and may read none. Upload it first, then commit again."
        )
    if file.size_bytes not in {None, blob.size_bytes}:
        raise WrongSize(
            f"line {file.line}: “{file.path}”: {file.sha256} has {blob.size_bytes:,} "
            f"bytes, not {file.size_bytes:,}. Commit it with its own size."
        )
    return AddFile(file.path, blob)
