"""Lines that no branch goes on from: closed, then forgotten, in the end removed."""

from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime
from itertools import accumulate

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import Entitlement
from marketplace.accounts.models import User
from marketplace.catalog.models import (
    ClosedLine,
    Commit,
    KeptVersion,
    RefKind,
    Repository,
    Shadow,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries.lines import forgotten_entries, needed_on_closed
from marketplace.catalog.services.bases import NoSuchBranch, base_of
from marketplace.catalog.services.commits import checked_message
from marketplace.catalog.services.quotas import BATCH, release_held
from marketplace.catalog.services.repositories import lock_writable
from marketplace.catalog.services.writing import Author, write_whole
from marketplace.kit.audit import record_act


@transaction.atomic
def squash_branch(
    actor: User,
    *,
    repository: Repository,
    name: str,
    message: str,
    squashed_at: datetime,
) -> Commit:
    """Make a branch one commit with the tree it has now, and forget those before.

    They are known no more, by no name and no digits, but for the very commit that a tag
    or another branch points at, or that was the newest when somebody ordered the work.
    What another branch lies over is kept for its sake. The room of what only they held is
    given back at once.

    Returns:
        The one commit; the branch's own if it is but one already.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        RepositoryArchived, RepositoryDeleted: nobody may, as things stand.
        NoSuchBranch: there is nothing to squash.
        Malformed: the message cannot be kept.

    Cost: copies the row of every file and folder.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    base = base_of(repository, name)
    tip = base.commit
    if tip is None or base.ref.kind != RefKind.BRANCH:
        raise NoSuchBranch(
            gettext("name: %(repository)s has no branch “%(name)s” to squash.")
            % {"repository": repository, "name": name[:100]}
        )
    if tip.position == 1 and base.goes_on and not tip.parents:
        return tip
    message = checked_message(message) or f"Squash {base.ref.name}"
    commit = write_whole(Author(actor, squashed_at, message), base=base, tip=tip)
    left = {tip.line} if base.goes_on else set()
    if base.ref.name == MAIN:
        _keep_ordered(repository, tip, at=squashed_at)
    close_unreached(repository, forced=left, at=squashed_at)
    release_held(repository.namespace)
    record_act(
        actor,
        "squash_branch",
        repository,
        at=squashed_at,
        branch=base.ref.name,
        commit=commit.oid,
    )
    return commit


def close_unreached(
    repository: Repository, *, forced: Collection[int] = (), at: datetime
) -> bool:
    """Close the lines that no branch or proposal goes on from or lies over.

    Args:
        repository: held by the caller.
        forced: lines to close even though something lies over them.
        at: now.

    Returns:
        Whether there were any.
    """
    reached: set[int] = set()
    moving = repository.refs.exclude(kind=RefKind.TAG).filter(commit__isnull=False)
    for ref in moving.select_related("commit"):
        if ref.commit is not None:
            reached.update(line for line, _ in ref.commit.layers)
    begun = repository.commits.filter(position=1).values_list("line", flat=True)
    closed = repository.closed_lines.values_list("line", flat=True)
    closing = (set(begun) - reached | set(forced)) - set(closed)
    ClosedLine.objects.bulk_create(
        ClosedLine(repository=repository, line=line, closed_at=at)
        for line in sorted(closing)
    )
    return bool(closing)


def _keep_ordered(repository: Repository, tip: Commit, *, at: datetime) -> None:
    """Keep what those who ordered the work were shown then."""
    orders = Entitlement.objects.filter(
        offer__work=repository.work_id, revoked_at__isnull=True
    )
    ordered = orders.values_list("granted_at", flat=True).distinct()
    history = list(
        repository.commits.before(tip).known().order_by("pk").only("committed_at")
    )
    times = list(accumulate((commit.committed_at for commit in history), max))
    newest = {bisect_right(times, granted_at) - 1 for granted_at in ordered}
    KeptVersion.objects.bulk_create(
        (
            KeptVersion(commit=history[index], kept_at=at)
            for index in sorted(newest)
            if index >= 0
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def remove_forgotten(repository: Repository) -> int:
    """Delete the rows of closed lines that no known version needs.

    Their blobs are then free of this repository; garbage collection finds them.

    Returns:
        How many entries there were.
    """
    Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
    needed = needed_on_closed([repository])[repository.pk]
    closed = set(repository.closed_lines.values_list("line", flat=True))
    of_none = closed - {line for line, _ in needed}
    Shadow.objects.filter(repository=repository, line__in=of_none).delete()
    count = 0
    forgotten = forgotten_entries(repository).values_list("pk", flat=True)
    while batch := list(forgotten[:BATCH]):
        count += TreeEntry.objects.filter(pk__in=batch).delete()[0]
    commits = Commit.objects.filter(repository=repository, line__in=closed)
    for line, position in needed:
        commits = commits.exclude(line=line, position=position)
    commits.delete()
    return count
