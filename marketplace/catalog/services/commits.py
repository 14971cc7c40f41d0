"""Commits: the only way files change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from licensing.services import set_licence
from licensing.services.licences import canonical_id
from marketplace.accounts.models import Namespace, User
from marketplace.catalog.cards import CARD_BYTES, README, Card, parse_card
from marketplace.catalog.changes import AddFile, Change, DeleteFile, DeleteFolder
from marketplace.catalog.models import (
    Commit,
    EntryKind,
    HeldBlob,
    NamespaceUsage,
    Readme,
    Ref,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import BadPath, checked_path, split
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.services.bases import (
    StaleParent,
    branch_of,
    live_entries,
)
from marketplace.catalog.services.listings import index_repository
from marketplace.catalog.services.repositories import (
    CARD_COLUMNS,
    lock_writable,
    require_open,
    retitle_work,
)
from marketplace.catalog.trees import (
    NoSuchFile,
    TreePlan,
    commit_oid,
    digest_folders,
    plan_tree,
)
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob

MESSAGE_CHARACTERS = 10_000
MOST_CHANGES = 100_000
BATCH = 2000


class NothingToCommit(Malformed):
    code = "nothing_to_commit"


class QuotaExceeded(DomainError):
    code = "quota_exceeded"
    status = 413


def commit_files(
    actor: User,
    *,
    repository: Repository,
    changes: Sequence[Change],
    message: str,
    committed_at: datetime,
    ref: str = MAIN,
    expected_parent: str | None = None,
) -> Commit:
    """Make the next version of a repository; what changes nothing makes none.

    A README.md among the changes is read: its front matter becomes the columns of the
    repository, its licence that of the work.

    Args:
        actor: who will be its author.
        repository: brought up to date with what the commit changed.
        changes: each path at most once.
        message: its first line is the title; if empty, one is made from the changes.
        committed_at: now.
        ref: the branch to move.
        expected_parent: the oid that the branch must be at, `""` for no commit yet;
            None means wherever it is.

    Returns:
        The new commit, or the branch's own where the tree would be the same.

    Raises:
        PermissionDenied: `actor` may not change it.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        BadPath, PathClash, NoSuchFile: a path cannot be so; nothing is committed.
        BadCard: README.md cannot be read; the message names the line.
        StaleParent: the branch is not at `expected_parent`.
        QuotaExceeded: the namespace would hold more than its quota.

    Cost: a fixed number of queries; reads the entries of the folders it changes.
    """
    require(actor, CHANGE, repository)
    checked = _checked(changes)
    message = checked_message(message) or _made_up_message(changes)
    card = _card(checked)
    with transaction.atomic():
        return _Act(actor, repository, committed_at).commit(
            checked,
            message=message,
            card=card,
            ref=ref,
            expected_parent=expected_parent,
        )


def foresee_file(
    actor: User,
    *,
    repository: Repository,
    path: str,
    size_bytes: int,
    message: str = "",
    expected_parent: str | None = None,
) -> None:
    """Return if a file could be committed as things stand: ask before taking it in.

    Raises:
        What `commit_files` would, README.md's front matter aside.
    """
    require(actor, CHANGE, repository)
    require_open(repository)
    checked_message(message)
    branch_of(repository, MAIN, expected_parent=expected_parent)
    wanted = {checked_path(path): AddFile(path, Blob(size_bytes=size_bytes))}
    plan_tree(wanted, live=live_entries(repository, wanted))
    require_room(repository.namespace, size_bytes=size_bytes)


def require_room(namespace: Namespace, *, size_bytes: int) -> None:
    """Return if a namespace has room for so many bytes more: ask before taking them in.

    Raises:
        QuotaExceeded: it has not.
    """
    usage = NamespaceUsage.objects.filter(namespace=namespace).first()
    _refuse_excess(namespace, usage.size_bytes if usage else 0, size_bytes)


def _refuse_excess(namespace: Namespace, held_bytes: int, more_bytes: int) -> None:
    quota_bytes = settings.STOA.namespace_quota_bytes
    if held_bytes + more_bytes > quota_bytes:
        raise QuotaExceeded(
            f"“{namespace.name}” holds {held_bytes:,} of {quota_bytes:,} bytes, and this "
            f"would add {more_bytes:,}. Commit less, or ask the operator for more room."
        )


@dataclass(frozen=True, slots=True)
class _Checked:
    """The changes by path: what to put, or None to take away; and folders to empty."""

    files: Mapping[str, AddFile | None]
    folders: Sequence[str]


def _checked(changes: Sequence[Change]) -> _Checked:
    if not changes:
        raise NothingToCommit("changes: name at least one file to put or delete.")
    if len(changes) > MOST_CHANGES:
        raise NothingToCommit(f"changes: commit at most {MOST_CHANGES} files at once.")
    files: dict[str, AddFile | None] = {}
    folders: list[str] = []
    for change in changes:
        path = checked_path(change.path)
        if path in files or path in folders:
            raise BadPath(f"path: “{path}” is named twice in one commit.")
        match change:
            case AddFile():
                files[path] = change
            case DeleteFile():
                files[path] = None
            case DeleteFolder():
                folders.append(path)
    return _Checked(files, folders)


def checked_message(message: str) -> str:
    """Return a commit's message without the blanks around it; it may be empty.

    Raises:
        Malformed: it cannot be kept.
    """
    message = message.strip()
    if "\0" in message or len(message) > MESSAGE_CHARACTERS:
        raise Malformed(
            f"message: write at most {MESSAGE_CHARACTERS} characters, none of them NUL."
        )
    return message


def _made_up_message(changes: Sequence[Change]) -> str:
    act = "Add" if isinstance(changes[0], AddFile) else "Delete"
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{act} {split(changes[0].path)[1]}{more}"


def _card(checked: _Checked) -> Card | None:
    """Read the card a commit brings; None if it leaves README.md alone."""
    if README not in checked.files:
        return None
    addition = checked.files[README]
    if addition is None:
        return Card()
    with open_blob(addition.blob.pk) as file:
        return parse_card(file.read(CARD_BYTES + 1))


@dataclass(frozen=True, slots=True)
class _Act:
    """One commit under way, inside its transaction."""

    actor: User
    repository: Repository
    at: datetime

    def commit(
        self,
        checked: _Checked,
        *,
        message: str,
        card: Card | None,
        ref: str,
        expected_parent: str | None,
    ) -> Commit:
        repository = self.repository
        lock_writable(repository)
        branch = branch_of(repository, ref, expected_parent=expected_parent)
        files = self._with_folders(checked)
        plan = plan_tree(files, live=live_entries(repository, files))
        if not plan.added and branch.commit is not None:
            return branch.commit
        self._take_quota(plan)
        commit = self._write(plan, branch, message)
        repository.size_bytes = plan.root.size_bytes
        repository.file_count = plan.root.file_count
        repository.updated_at = self.at
        repository.save(update_fields=["size_bytes", "file_count", "updated_at"])
        if card is not None:
            self._apply_card(card)
        record_act(
            self.actor,
            "commit_files",
            repository,
            at=self.at,
            commit=commit.oid,
            files=len(files),
        )
        return commit

    def _with_folders(self, checked: _Checked) -> Mapping[str, AddFile | None]:
        files = dict(checked.files)
        for folder in checked.folders:
            inside = self.repository.entries.live().below(folder)
            found = inside.filter(kind=EntryKind.FILE).only("folder", "name")
            paths = [entry.path for entry in found]
            if not paths:
                raise NoSuchFile(f"path: there is no folder “{folder}” to delete.")
            for path in paths:
                files.setdefault(path, None)
        return files

    def _take_quota(self, plan: TreePlan) -> None:
        """Count the contents that are new to the namespace, each once."""
        namespace = self.repository.namespace
        sizes = {
            entry.blob_id: entry.size_bytes
            for entry in plan.added.values()
            if entry.blob_id
        }
        if not sizes:
            return
        usage, _ = NamespaceUsage.objects.select_for_update().get_or_create(
            namespace=namespace
        )
        held = HeldBlob.objects.filter(namespace=namespace, blob_id__in=list(sizes))
        for blob_id in held.values_list("blob_id", flat=True):
            del sizes[blob_id]
        more_bytes = sum(sizes.values())
        _refuse_excess(namespace, usage.size_bytes, more_bytes)
        usage.size_bytes += more_bytes
        usage.save(update_fields=["size_bytes"])
        HeldBlob.objects.bulk_create(
            (HeldBlob(namespace=namespace, blob_id=blob_id) for blob_id in sizes),
            batch_size=BATCH,
        )

    def _write(self, plan: TreePlan, branch: Ref, message: str) -> Commit:
        parent = branch.commit
        position = parent.position + 1 if parent else 1
        siblings = self.repository.entries.live().filter(folder__in=plan.folders)
        digest_folders(
            plan,
            siblings=siblings.exclude(name="").values_list(
                "folder", "name", "kind", "blob_id", "oid"
            ),
        )
        commit = Commit(
            repository=self.repository,
            position=position,
            tree_oid=plan.root.oid,
            parents=[parent.oid] if parent else [],
            author=self.actor,
            author_name=self.actor.username,
            message=message,
            committed_at=self.at,
        )
        commit.oid = commit_oid(commit)
        commit.save(force_insert=True)
        ended = [entry.pk for entry in plan.ended.values()]
        TreeEntry.objects.filter(pk__in=ended).update(until=position)
        for entry in plan.added.values():
            entry.repository = self.repository
            entry.since = position
        TreeEntry.objects.bulk_create(plan.added.values(), batch_size=BATCH)
        if not Ref.objects.move(branch, to=commit):
            raise StaleParent(
                f"“{branch.name}” moved meanwhile. Look at the newest version, then "
                "commit on top of it."
            )
        return commit

    def _apply_card(self, card: Card) -> None:
        """Let the card's front matter speak for the repository and its work."""
        repository = self.repository
        repository.languages = list(card.languages)
        repository.tags = list(card.tags)
        repository.task_categories = list(card.task_categories)
        repository.modalities = list(card.modalities)
        repository.size_category = card.size_category
        repository.summary = card.summary or repository.summary
        if card.title and card.title != repository.title:
            repository.title = card.title
            retitle_work(self.actor, repository, at=self.at)
        repository.save(update_fields=CARD_COLUMNS)
        Readme.objects.update_or_create(
            repository=repository, defaults={"body": card.body}
        )
        if card.licence_id:
            self._apply_licence(card)
        index_repository(repository)

    def _apply_licence(self, card: Card) -> None:
        work = self.repository.work
        where = f"{README} line {card.licence_line}, license"
        licence_id = canonical_id(card.licence_id, field=where)
        if licence_id == work.licence_id:
            return
        try:
            set_licence(self.actor, work=work, licence_id=licence_id, at=self.at)
        except PermissionDenied as refusal:
            raise PermissionDenied(
                f"{where}: only its owners may put this work under {licence_id}; it is "
                f"under {work.licence_id or 'no licence'}. Leave that line as it was."
            ) from refusal
