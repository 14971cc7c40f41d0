"""A version of a repository taken whole, as a job does that has it mounted."""

from datetime import datetime

from marketplace.catalog.downloads import count_use_of, require_access
from marketplace.catalog.models import Commit, Download, Repository, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import commit_at, files_of
from marketplace.catalog.takings import taking_of


def release_version(
    user: AnyUser,
    *,
    repository: Repository,
    revision: str = MAIN,
    at: datetime,
    is_taken: bool = True,
) -> tuple[Commit, list[TreeEntry]]:
    """Return a version's files, all of which `user` may have now, by path.

    Args:
        user: who will have the bytes.
        repository: may be one they cannot see.
        revision: a branch, a tag or a commit.
        at: now.
        is_taken: the bytes leave by this, which is counted; else it is only asked.

    Raises:
        Http404, TakenDown, AccessRefused: see `downloads.release_file`.
        RevisionNotFound: there is no such version.

    Cost: four queries and those of `require_access`; of a repository whose takers are
    named a row for each file, and where each use is paid for eight queries a file.
    """
    access = require_access(user, repository=repository, at=at)
    commit = commit_at(repository, revision)
    files = list(files_of(repository, revision=commit).order_by("folder", "name"))
    if not is_taken or access is None or not files:
        return commit, files
    if not count_use_of(
        user, repository=repository, entries=files, access=access, at=at
    ):
        taken = [
            taking_of(user, repository, each, access, at=at, address="")
            for each in files
        ]
        is_named = any(each.path for each in taken)
        Download.objects.bulk_create(taken if is_named else taken[:1])
    return commit, files
