"""Versions of repositories as hosts name them, and where their files are shown."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, Kind
from marketplace.catalog.queries import commit_at, find_repository
from marketplace.kit.errors import Malformed
from training.contests.models import StartingKit

KINDS = {"datasets": Kind.DATASET, "models": Kind.MODEL}


def commit_named(user: User, repository: str, revision: str) -> Commit:
    """Return a version of a repository that somebody names.

    Args:
        user: who sees the repository.
        repository: its address, such as `datasets/lab/birds`.
        revision: a branch, a tag or a commit; "" for main.

    Raises:
        Malformed: there is no such repository, or not for them.
        RevisionNotFound: it has no such version.
    """
    kind, _, rest = repository.strip().strip("/").partition("/")
    namespace, _, name = rest.partition("/")
    if kind not in KINDS or not namespace or not name:
        raise Malformed(
            gettext("repository: give it as datasets/NAMESPACE/NAME or models/….")
        )
    try:
        found = find_repository(user, kind=KINDS[kind], namespace=namespace, name=name)
    except Http404 as missing:
        raise Malformed(
            gettext("repository: there is no such repository, or not for you.")
        ) from missing
    return commit_at(found, revision.strip() or "main")


def tree_path(kit: StartingKit) -> str:
    """Return the address of the files of a kit that is a version of a repository."""
    if kit.commit is None:
        raise ValueError(f"kit {kit.pk} is a file")
    repository = kit.commit.repository
    return reverse(
        f"catalog:{repository.kind.lower()}-tree",
        args=[repository.namespace.name, repository.name, kit.commit.oid],
    )
