"""What a commit builds on: the branch where it is, the entries it touches."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThanOrEqual,
    TupleLessThanOrEqual,
)
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import (
    Commit,
    Ref,
    RefKind,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.commits import PROPOSAL_NAME
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.paths import folders_above, is_storable, split
from marketplace.catalog.permissions import CHANGE, may_see, require
from marketplace.kit.errors import DomainError

HEADS = "refs/heads/"
FEW, MANY = 100, 2000


class StaleParent(DomainError):
    code = "stale_parent"


class NoSuchBranch(DomainError):
    code = "branch_not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Base:
    """A branch or a proposal at the moment something is committed to it."""

    ref: Ref
    repository: Repository

    @property
    def commit(self) -> Commit | None:
        return self.ref.commit

    @property
    def goes_on(self) -> bool:
        """Whether the next commit is on the same line as the newest, or begins one."""
        return self.commit is not None and self.ref.line == self.commit.line

    def entries(self) -> TreeEntryQuerySet:
        """Return the entries of the newest version."""
        if self.commit is None:
            return self.repository.entries.none()
        if self.goes_on:
            return self.repository.entries.newest(self.commit)
        return self.repository.entries.at(self.commit)

    def require_parent(self, expected: str | None) -> None:
        """Return if the branch is at this commit, `""` for none yet; None is any.

        Raises:
            StaleParent: it is elsewhere; says where.
        """
        tip = self.commit.oid if self.commit else ""
        if expected is not None and expected != tip:
            raise StaleParent(
                gettext(
                    "“%(ref_name)s” is at %(value)s, not %(expected)s: somebody "
                    "committed meanwhile. Look at the newest version, then commit on "
                    "top of it."
                )
                % {
                    "ref_name": self.ref.name,
                    "value": tip or "no commit",
                    "expected": f"{expected[:40]!r}",
                },
                head=tip,
            )


def base_of(repository: Repository, name: str) -> Base:
    """Return a branch or a proposal with its newest commit.

    Raises:
        NoSuchBranch: there is none of this name.
    """
    bare = name.removeprefix(HEADS)
    moving = repository.refs.exclude(kind=RefKind.TAG)
    found = None
    if is_storable(bare):
        found = moving.filter(name=bare).select_related("commit").first()
    if found is None:
        raise NoSuchBranch(
            gettext("ref: %(repository)s has no branch “%(name)s”.")
            % {"repository": repository, "name": name[:100]}
        )
    return Base(found, repository)


def require_committer(actor: User, *, repository: Repository, name: str) -> None:
    """Return if `actor` may commit to a branch, or to a proposal they opened.

    Raises:
        PermissionDenied: they may not.
    """
    if re.fullmatch(PROPOSAL_NAME[1:-1], name) and may_see(actor, repository):
        own = repository.refs.filter(kind=RefKind.PROPOSAL, name=name, created_by=actor)
        if own.exists():
            return
    require(actor, CHANGE, repository)


def live_entries(
    entries: TreeEntryQuerySet, changed: Collection[str]
) -> dict[str, TreeEntry]:
    """Return the entries at the changed paths and at every folder above them, by path.

    Cost: see `named_entries`.
    """
    paths = set(changed)
    for path in changed:
        paths.update(folders_above(path))
    return named_entries(entries, paths)


def named_entries(
    entries: TreeEntryQuerySet, paths: Collection[str]
) -> dict[str, TreeEntry]:
    """Return those of `entries` that are at these paths, by path.

    Cost: one query for up to a hundred paths. For more, one for every two thousand, each
    over a stretch of the tree of its own, so that together they pass over it once.
    """
    places = sorted(map(split, paths))
    if len(places) <= FEW:
        return _at(entries, places)
    found: dict[str, TreeEntry] = {}
    columns = Tuple(F("folder"), F("name"))
    for start in range(0, len(places), MANY):
        stretch = places[start : start + MANY]
        between = entries.filter(
            TupleGreaterThanOrEqual(columns, stretch[0]),
            TupleLessThanOrEqual(columns, stretch[-1]),
        )
        found |= _at(between, stretch)
    return found


def _at(
    entries: TreeEntryQuerySet, places: list[tuple[str, str]]
) -> dict[str, TreeEntry]:
    wanted = set(places)
    near = entries.filter(
        folder__in={folder for folder, _ in places},
        name__in={name for _, name in places},
    )
    return {one.path: one for one in near if (one.folder, one.name) in wanted}
