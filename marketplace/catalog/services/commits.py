"""Commits: the only way files change."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.cards import README, Card
from marketplace.catalog.changes import AddFile, Change, DeleteFile, DeleteFolder
from marketplace.catalog.models import Commit, EntryKind, Kind, Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import BadPath, checked_path, split
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries.parameters import holds_parameters
from marketplace.catalog.services.bases import (
    Base,
    base_of,
    live_entries,
    require_committer,
)
from marketplace.catalog.services.cards import card_in
from marketplace.catalog.services.parameters import count_parameters
from marketplace.catalog.services.quotas import require_room
from marketplace.catalog.services.repositories import lock_writable, require_open
from marketplace.catalog.services.scans import queue_scans
from marketplace.catalog.services.writing import Author, write_version
from marketplace.catalog.trees import NoSuchFile, plan_tree
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob

MESSAGE_CHARACTERS = 10_000
MOST_CHANGES = 100_000


class NothingToCommit(Malformed):
    code = "nothing_to_commit"


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

    A README.md among the changes is read: on `main`, its front matter becomes the columns
    of the repository, its licence that of the work. The same request sent again, since its
    reply was lost, is answered with the commit it made.

    Args:
        actor: who will be its author.
        repository: brought up to date with what the commit changed.
        changes: each path at most once.
        message: its first line is the title; if empty, one is made from the changes.
        committed_at: now.
        ref: the branch or proposal to move.
        expected_parent: the oid that the branch must be at, `""` for no commit yet;
            None means wherever it is.

    Returns:
        The new commit, or the branch's own where the tree would be the same.

    Raises:
        PermissionDenied: `actor` may not change it, or did not open the proposal.
        NoSuchBranch: there is no such branch or proposal.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        BadPath, PathClash, NoSuchFile: a path cannot be so; nothing is committed.
        BadCard: README.md cannot be read; the message names the line.
        StaleParent: the branch is not at `expected_parent`.
        QuotaExceeded: the namespace would hold more than its quota.

    Cost: a fixed number of queries; reads the entries of the folders it changes.
    """
    require_committer(actor, repository=repository, name=ref)
    checked = _checked(changes)
    message = checked_message(message) or _made_up_message(changes)
    card = _card(checked)
    asked = _digest(actor, checked, message)
    if repository.kind == Kind.MODEL:
        count_parameters(_weights(checked))
    with transaction.atomic():
        lock_writable(repository)
        base = base_of(repository, ref)
        if again := _made_before(base, asked, expected_parent):
            return again
        base.require_parent(expected_parent)
        files = _with_folders(base, checked)
        plan = plan_tree(files, live=live_entries(base.entries(), files))
        if not plan.added and base.commit is not None:
            return base.commit
        commit = write_version(
            Author(actor, committed_at, message, asked),
            base=base,
            plan=plan,
            card=card,
        )
        names = {put.blob.pk: path for path, put in files.items() if put}
        queue_scans(names, queued_at=committed_at)
        record_act(
            actor,
            "commit_files",
            repository,
            at=committed_at,
            commit=commit.oid,
            files=len(files),
            **({} if base.ref.name == MAIN else {"ref": base.ref.name}),
        )
    return commit


def foresee_file(
    actor: User,
    *,
    repository: Repository,
    path: str,
    size_bytes: int,
    message: str = "",
    expected_parent: str | None = None,
    at: datetime,
) -> None:
    """Return if a file could be committed as things stand: ask before taking it in.

    Raises:
        What `commit_files` would, README.md's front matter aside.
    """
    require(actor, CHANGE, repository)
    require_open(repository)
    checked_message(message)
    base = base_of(repository, MAIN)
    base.require_parent(expected_parent)
    wanted = {checked_path(path): AddFile(path, Blob(size_bytes=size_bytes))}
    plan_tree(wanted, live=live_entries(base.entries(), wanted))
    require_room(repository.namespace, size_bytes=size_bytes, at=at)


@dataclass(frozen=True, slots=True)
class _Checked:
    """The changes by path: what to put, or None to take away; and folders to empty."""

    files: Mapping[str, AddFile | None]
    folders: Sequence[str]


def _checked(changes: Sequence[Change]) -> _Checked:
    if not changes:
        raise NothingToCommit(
            gettext("changes: name at least one file to put or delete.")
        )
    if len(changes) > MOST_CHANGES:
        raise NothingToCommit(
            gettext("changes: commit at most %(most_changes)s files at once.")
            % {"most_changes": MOST_CHANGES}
        )
    files: dict[str, AddFile | None] = {}
    folders: list[str] = []
    for change in changes:
        path = checked_path(change.path)
        if path in files or path in folders:
            raise BadPath(
                gettext("path: “%(path)s” is named twice in one commit.")
                % {"path": path}
            )
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
            gettext(
                "message: write at most %(message_characters)s characters, none of "
                "them NUL."
            )
            % {"message_characters": MESSAGE_CHARACTERS}
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
    return card_in(addition.blob if addition else None)


def _weights(checked: _Checked) -> list[str]:
    """Return the digests of what a commit brings of the model's own parameters."""
    return [
        addition.blob.pk
        for path, addition in checked.files.items()
        if addition and holds_parameters(path)
    ]


def _digest(actor: User, checked: _Checked, message: str) -> str:
    """Return a digest by which the same request, sent again, is known."""
    digest = hashlib.sha256(f"{actor.pk}\0{message}\0".encode())
    for path, addition in sorted(checked.files.items()):
        act = addition.blob.pk if addition else "delete"
        digest.update(f"{act} {path}\0".encode())
    for folder in sorted(checked.folders):
        digest.update(f"empty {folder}\0".encode())
    return digest.hexdigest()


def _made_before(base: Base, asked: str, expected_parent: str | None) -> Commit | None:
    """Return the commit that the same request made before, if its reply was lost.

    With a parent named, that is the commit after it; with none, the newest one.
    """
    tip = base.commit
    if tip is None or not base.goes_on:
        return None
    if expected_parent is None:
        return tip if tip.asked == asked else None
    if expected_parent == tip.oid:
        return None
    parents = [expected_parent] if expected_parent else []
    again = base.repository.commits.filter(line=tip.line, asked=asked, parents=parents)
    return again.first()


def _with_folders(base: Base, checked: _Checked) -> Mapping[str, AddFile | None]:
    files = dict(checked.files)
    for folder in checked.folders:
        found = base.entries().below(folder).filter(kind=EntryKind.FILE)
        paths = [entry.path for entry in found.only("folder", "name")]
        if not paths:
            raise NoSuchFile(
                gettext("path: there is no folder “%(folder)s” to delete.")
                % {"folder": folder}
            )
        for path in paths:
            files.setdefault(path, None)
    return files
