"""Writes a version: the commit, what its tree begins and ends, the branch moved.

All that makes commits comes here, inside a transaction that holds the repository.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Max, Q
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.cards import Card
from marketplace.catalog.formats import ENDINGS, format_of
from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Ref,
    RefKind,
    Repository,
    Shadow,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.services.bases import Base, StaleParent
from marketplace.catalog.services.cards import apply_card
from marketplace.catalog.services.listings import index_files
from marketplace.catalog.services.parameters import apply_parameters
from marketplace.catalog.services.quotas import BATCH, take_room
from marketplace.catalog.trees import TreePlan, commit_oid, digest_folders
from marketplace.kit.many import copy_rows, in_batches

CONTENT = (
    *("repository_id", "folder", "name", "kind"),
    *("blob_id", "oid", "tally", "size_bytes", "file_count"),
)
ENTRY_FIELDS = (*CONTENT, "line", "since")
MOST_LAYERS = 16  # a line deeper than that holds its whole tree itself


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a version, when and saying what."""

    actor: User
    at: datetime
    message: str
    asked: str = ""


def write_version(
    author: Author,
    *,
    base: Base,
    plan: TreePlan,
    card: Card | None,
    merged: Commit | None = None,
) -> Commit:
    """Make the next version of a branch and all that follows from it.

    Args:
        author: of the commit.
        base: what it builds on.
        plan: what it does to the tree; not empty.
        card: what README.md says by it, if it touches that.
        merged: the commit of a proposal that this takes in.

    Raises:
        QuotaExceeded: who pays for the bytes would hold too much.
        StaleParent: the branch moved meanwhile.
    """
    repository = base.repository
    is_proposal = base.ref.kind == RefKind.PROPOSAL
    payer = author.actor.namespace if is_proposal else repository.namespace
    take_room(payer, entries=plan.added.values(), at=author.at)
    siblings = base.entries().filter(folder__in=plan.uncounted).exclude(name="")
    digest_folders(
        plan,
        siblings=siblings.values_list("folder", "name", "kind", "blob_id", "oid"),
    )
    commit = _next_commit(base)
    commit.tree_oid = plan.root.oid
    commit.parents = [parent.oid for parent in (base.commit, merged) if parent]
    _save(commit, author)
    _write_entries(commit, base, plan)
    _move(base.ref, to=commit)
    if base.ref.name == MAIN:
        repository.size_bytes = plan.root.size_bytes
        repository.file_count = plan.root.file_count
        repository.formats = _formats_after(repository, commit, plan)
        repository.updated_at = author.at
        repository.save(
            update_fields=["size_bytes", "file_count", "formats", "updated_at"]
        )
        changed = {*plan.added, *plan.ended}
        apply_parameters(repository, commit, changed=changed)
        if card is None:
            index_files(repository)
        else:
            apply_card(author.actor, repository, card, at=author.at)
    return commit


def _formats_after(repository: Repository, commit: Commit, plan: TreePlan) -> list[str]:
    """Return the formats of the files there are after a commit, sorted.

    Cost: none, but one query over all files where the last of a format may have gone.
    """
    added = {format_of(path) for path, entry in plan.added.items() if entry.is_file}
    gone = {format_of(path) for path, entry in plan.ended.items() if entry.is_file}
    found = (set(repository.formats) | added) - {""}
    if lost := (gone - added) & found:
        found -= lost
        names = TreeEntry.objects.newest(commit).filter(kind=EntryKind.FILE)
        told = names.aggregate(
            **{each: BoolOr(_ends_as(each)) for each in sorted(lost)}
        )
        found |= {each for each, is_there in told.items() if is_there}
    return sorted(found)


def _ends_as(file_format: str) -> Q:
    ends = Q()
    for ending in ENDINGS[file_format]:
        ends |= Q(name__iendswith=ending)
    return ends


def write_whole(author: Author, *, base: Base, tip: Commit) -> Commit:
    """Make a version with the tree of `tip`, nothing below it and no history.

    Cost: copies the row of every file and folder.
    """
    commit = Commit(
        repository=base.repository,
        line=next_line(base.repository),
        position=1,
        tree_oid=tip.tree_oid,
    )
    _save(commit, author)
    _copy(base.entries(), to=commit)
    _move(base.ref, to=commit)
    return commit


def next_line(repository: Repository) -> int:
    """Return a number that no line of the repository has or had."""
    used = (
        repository.commits.aggregate(last=Max("line"))["last"],
        repository.closed_lines.aggregate(last=Max("line"))["last"],
        repository.refs.aggregate(last=Max("line"))["last"],
    )
    return max(line for line in (*used, -1) if line is not None) + 1


def _next_commit(base: Base) -> Commit:
    repository, parent = base.repository, base.commit
    if parent is not None and base.goes_on:
        return Commit(
            repository=repository,
            line=parent.line,
            position=parent.position + 1,
            under=parent.under,
        )
    line = next_line(repository) if base.ref.line is None else base.ref.line
    under = [list(layer) for layer in parent.layers] if parent else []
    if len(under) >= MOST_LAYERS:
        under = []
    return Commit(repository=repository, line=line, position=1, under=under)


def _save(commit: Commit, author: Author) -> None:
    commit.author = author.actor
    commit.message = author.message
    commit.committed_at = author.at
    commit.asked = author.asked
    commit.oid = commit_oid(commit)
    commit.save(force_insert=True)


def _write_entries(commit: Commit, base: Base, plan: TreePlan) -> None:
    is_whole = base.commit is not None and not base.goes_on and not commit.under
    if is_whole:
        ended = {entry.pk for entry in plan.ended.values()}
        _copy(base.entries(), to=commit, without=ended)
    else:
        _end(commit, plan.ended.values())
    for entry in plan.added.values():
        entry.repository = commit.repository
        entry.line, entry.since = commit.line, commit.position
    copy_rows(
        TreeEntry, ENTRY_FIELDS, map(attrgetter(*ENTRY_FIELDS), plan.added.values())
    )


def _end(commit: Commit, entries: Iterable[TreeEntry]) -> None:
    """End the line's own entries; hide those of the versions it lies over."""
    own: list[int] = []
    hidden: list[int] = []
    for entry in entries:
        (own if entry.line == commit.line else hidden).append(entry.pk)
    for start in range(0, len(own), BATCH):
        ended = TreeEntry.objects.filter(pk__in=own[start : start + BATCH])
        ended.update(until=commit.position)
    if hidden:
        place = (commit.repository_id, commit.line, commit.position)
        fields = ("repository_id", "line", "since", "entry_id")
        copy_rows(Shadow, fields, ((*place, pk) for pk in hidden))


def _copy(
    entries: TreeEntryQuerySet, *, to: Commit, without: Collection[int] = ()
) -> None:
    rows = (
        (*kept, to.line, to.position)
        for pk, *kept in entries.values_list("pk", *CONTENT).iterator(chunk_size=BATCH)
        if pk not in without
    )
    for some in in_batches(rows, BATCH):
        copy_rows(TreeEntry, ENTRY_FIELDS, some)


def _move(ref: Ref, *, to: Commit) -> None:
    if not Ref.objects.move(ref, to=to):
        raise StaleParent(
            gettext(
                "“%(ref_name)s” moved meanwhile. Look at the newest version, then "
                "commit on top of it."
            )
            % {"ref_name": ref.name}
        )
