"""Versions by name: what branches, tags, proposals and 40 hex digits mean."""

import re

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from marketplace.catalog.models import Commit, Ref, Repository, Shadow
from marketplace.catalog.models.commits import MAIN, OID, REF_CHARACTERS, RefKind
from marketplace.catalog.paths import is_storable, normal, split
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

COMMITS_ORDER = Order(("id",), descending=True)
TAGS_ORDER = Order(("name",))

QUALIFIED = {
    "refs/heads/": RefKind.BRANCH,
    "refs/tags/": RefKind.TAG,
}


class RevisionNotFound(DomainError):
    code = "revision_not_found"
    status = 404


def head_of(repository: Repository) -> Commit | None:
    """Return the newest commit of `main`, or None while there is none."""
    return (
        Commit.objects.filter(
            refs__repository=repository, refs__name=MAIN, repository=repository
        )
        .select_related("author")
        .first()
    )


def commit_at(repository: Repository, revision: str = MAIN) -> Commit:
    """Return the commit that a branch, a tag, a proposal or 40 hex digits name.

    Raises:
        RevisionNotFound: it names none.
    """
    if is_oid(revision):
        known = repository.commits.known().select_related("author")
        found = known.filter(oid=revision).first()
    else:
        ref = _ref(repository, revision, [_bare(revision)])
        found = ref.commit if ref else None
    if found is None:
        raise _absence(repository, revision)
    return found


def split_revision(repository: Repository, rest: str) -> tuple[Commit, str, str]:
    """Return the commit, the revision and the path of what follows a repository's name.

    A ref's name may have slashes, and so may the path; since no name begins another up
    to a slash, `rest` begins with one at most.

    Args:
        repository: whose.
        rest: such as `main/data/train.csv`, `refs/pr/1/README.md` or 40 hex digits.

    Returns:
        The commit, its name as given, and the path without slashes around it.

    Raises:
        RevisionNotFound: it begins with no known ref or commit.

    Cost: one query.
    """
    first, _, path = rest.partition("/")
    if is_oid(first):
        return commit_at(repository, first), first, path.strip("/")
    bare = _bare(rest)
    names = bare.split("/")[: REF_CHARACTERS // 2 + 1]
    begun = ["/".join(names[:count]) for count in range(1, len(names) + 1)]
    ref = _ref(repository, rest, begun)
    if ref is None or ref.commit is None:
        raise _absence(repository, first)
    revision = rest[: len(rest) - len(bare) + len(ref.name)]
    return ref.commit, revision, bare[len(ref.name) :].strip("/")


def is_oid(revision: str) -> bool:
    """Whether it looks like the id of a commit, which no ref's name does."""
    return re.fullmatch(OID[1:-1], revision) is not None


def _bare(revision: str) -> str:
    """Return a revision without `refs/heads/` or `refs/tags/`."""
    for prefix in QUALIFIED:
        if revision.startswith(prefix):
            return revision.removeprefix(prefix)
    return revision


def _ref(repository: Repository, asked: str, names: list[str]) -> Ref | None:
    """Return the one ref of these names, of the kind that `asked` begins with."""
    found = repository.refs.filter(
        name__in=[
            name for name in names if len(name) <= REF_CHARACTERS and is_storable(name)
        ]
    )
    for prefix, kind in QUALIFIED.items():
        if asked.startswith(prefix):
            found = found.filter(kind=kind)
    return found.select_related("commit__author").order_by("pk").first()


def _absence(repository: Repository, revision: str) -> RevisionNotFound:
    if revision == MAIN:
        return RevisionNotFound(
            gettext("revision: %(repository)s has no files yet.")
            % {"repository": repository}
        )
    shown = revision[:100].encode(errors="replace").decode()
    return RevisionNotFound(
        gettext(
            "revision: %(repository)s has no “%(shown)s”. Give a branch, a tag, or "
            "the 40 digits of a commit."
        )
        % {"repository": repository, "shown": shown}
    )


def commits_of(
    repository: Repository, *, until: Commit, path: str = ""
) -> QuerySet[Commit]:
    """Return the history that ends with `until`, or what of it changed `path`.

    A branch's history goes on into what it left from. Order it by `COMMITS_ORDER`.
    """
    commits = repository.commits.before(until).known().select_related("author")
    if not path:
        return commits
    if not is_storable(path):
        return commits.none()
    folder, name = split(normal(path))
    entries = repository.entries.filter(folder=folder, name=name)
    touched = Q()
    for line, _ in until.layers:
        own = entries.filter(line=line)
        hidden = Shadow.objects.filter(
            repository=repository, line=line, entry__folder=folder, entry__name=name
        )
        touched |= Q(line=line) & (
            Q(position__in=own.values("since"))
            | Q(position__in=own.exclude(until=None).values("until"))
            | Q(position__in=hidden.values("since"))
        )
    return commits.filter(touched)


def branches_of(repository: Repository) -> QuerySet[Ref]:
    return _refs_of(repository, RefKind.BRANCH)


def tags_of(repository: Repository) -> QuerySet[Ref]:
    return _refs_of(repository, RefKind.TAG)


def proposals_of(repository: Repository) -> QuerySet[Ref]:
    return _refs_of(repository, RefKind.PROPOSAL)


def versions_of(repository: Repository) -> QuerySet[Ref]:
    """Return what a reader may choose from: `main`, branches and tags, newest first."""
    return (
        repository.refs.exclude(kind=RefKind.PROPOSAL)
        .annotate(is_main=Q(name=MAIN))
        .order_by("-is_main", "kind", "-created_at", "-pk")
    )


def _refs_of(repository: Repository, kind: RefKind) -> QuerySet[Ref]:
    return repository.refs.filter(kind=kind).select_related("commit")
