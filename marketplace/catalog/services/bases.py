"""What a commit builds on: the branch where it is, the entries it touches."""

from collections.abc import Iterable

from marketplace.catalog.models import Ref, RefKind, Repository, TreeEntry
from marketplace.catalog.paths import folders_above, split
from marketplace.kit.errors import DomainError, Malformed


class StaleParent(DomainError):
    code = "stale_parent"


def branch_of(repository: Repository, name: str, *, expected_parent: str | None) -> Ref:
    """Return a branch with its commit.

    Args:
        repository: whose.
        name: of the branch.
        expected_parent: the oid it must be at, `""` for no commit yet; None for any.

    Raises:
        Malformed: there is no such branch.
        StaleParent: it is elsewhere; says where.
    """
    branches = repository.refs.filter(name=name, kind=RefKind.BRANCH)
    branch = branches.select_related("commit").first()
    if branch is None:
        raise Malformed(f"ref: {repository} has no branch “{name[:100]}”.")
    tip = branch.commit.oid if branch.commit else ""
    if expected_parent is not None and expected_parent != tip:
        raise StaleParent(
            f"“{name}” is at {tip or 'no commit'}, not {expected_parent[:40]!r}: "
            "somebody committed meanwhile. Look at the newest version, then commit on "
            "top of it.",
            head=tip,
        )
    return branch


def live_entries(
    repository: Repository, changed: Iterable[str]
) -> dict[str, TreeEntry]:
    """Return the entries at the changed paths and at every folder above them, by path.

    Cost: one query.
    """
    paths = set(changed)
    paths.update(*(folders_above(path) for path in paths))
    places = [split(path) for path in paths]
    entries = repository.entries.live().filter(
        folder__in={folder for folder, _ in places},
        name__in={name for _, name in places},
    )
    return {entry.path: entry for entry in entries if entry.path in paths}
