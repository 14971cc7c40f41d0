"""Repositories by address, for those who may see them."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import Http404

from marketplace.accounts.models import User
from marketplace.catalog.models import (
    Download,
    Kind,
    Readme,
    Repository,
    RepositoryAlias,
    Takedown,
    Visibility,
)
from marketplace.catalog.permissions import MANAGE, AnyUser, may_know, visible_to
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

__all__ = [
    "Moved",
    "TakenDown",
    "download_count",
    "find_deleted",
    "find_repository",
    "readme_of",
    "refuse_taken_down",
    "takings_of",
    "unpublished_by",
    "visible_to",
]

MOST_UNPUBLISHED = 5
TAKINGS_ORDER = Order(("at", "id"), descending=True)


class Moved(DomainError):
    """What was at this address has another one now: that of `repository`.

    Edges whose addresses hold the name redirect; elsewhere, `follow` it.
    """

    code = "moved"
    status = 307

    def __init__(self, repository: Repository) -> None:
        at = {"namespace": repository.namespace.name, "name": repository.name}
        super().__init__(f"This is at “{repository}” now. Use that name.", **at)
        self.at = at
        self.repository = repository


class TakenDown(DomainError):
    """The operators withhold this; says since when and why, and where to object."""

    code = "taken_down"
    status = HTTPStatus.GONE

    def __init__(self, repository: Repository, takedown: Takedown) -> None:
        self.repository, self.takedown = repository, takedown
        since = takedown.taken_down_at
        super().__init__(
            f"“{repository}” was taken down by the operators of this site on "
            f"{since:%Y-%m-%d}: {takedown.reason}",
            taken_down_at=since.isoformat(),
            ground=takedown.ground,
            reason=takedown.reason,
            notice_url=repository.get_absolute_url(),
        )


def refuse_taken_down(repository: Repository) -> None:
    """Return unless the operators withhold a repository.

    Raises:
        TakenDown: they do. For those alone who may know of it.

    Cost: a query if it is taken down, none otherwise.
    """
    if repository.taken_down_at is not None:
        raise TakenDown(repository, repository.takedowns.latest("taken_down_at"))


def find_repository(
    user: AnyUser,
    *,
    kind: Kind | str,
    namespace: str,
    name: str,
    follow: bool = False,
) -> Repository:
    """Return the repository at an address, whatever its case, with namespace and work.

    Args:
        user: who asks.
        kind: of the repository.
        namespace: the first part of the address.
        name: the second.
        follow: whether a former address does as well.

    Raises:
        Http404: there is none, it is deleted, or `user` may not know of it.
        Moved: it was there, and has another address now.
        TakenDown: the operators withhold it.

    Cost: one query, and those of `may_see`.
    """
    if "\0" in namespace or "\0" in name:  # PostgreSQL text cannot hold it
        raise _absence(namespace, name)
    at = {
        "kind": kind,
        "namespace__name__iexact": namespace,
        "name__iexact": name,
    }
    living = Repository.objects.filter(deleted_at__isnull=True, **at)
    former = RepositoryAlias.objects.filter(**at)
    either = living.values("pk").union(former.values("repository"), all=True)
    rows = _whole().filter(pk__in=either, deleted_at__isnull=True)
    wanted = f"{namespace}/{name}".upper()
    found = sorted(rows, key=lambda row: str(row).upper() != wanted)
    if not found or not may_know(user, found[0]):
        raise _absence(namespace, name)
    if str(found[0]).upper() != wanted and not follow:
        raise Moved(found[0])
    refuse_taken_down(found[0])
    return found[0]


def unpublished_by(user: User) -> list[Repository]:
    """Return what somebody made last and nobody else sees, to go on with."""
    mine = Repository.objects.filter(
        created_by=user,
        visibility=Visibility.PRIVATE,
        deleted_at__isnull=True,
        archived_at__isnull=True,
    )
    seen = visible_to(user).values("pk")
    newest = (
        mine.filter(pk__in=seen).select_related("namespace").order_by("-updated_at")
    )
    return list(newest[:MOST_UNPUBLISHED])


def find_deleted(
    user: AnyUser, *, kind: Kind | str, namespace: str, name: str
) -> Repository:
    """Return the repository last deleted at an address, for one who may restore it.

    Raises:
        Http404: there is none, or `user` may not restore it.
    """
    deleted = _named(kind, namespace, name).filter(deleted_at__isnull=False)
    found = deleted.order_by("-deleted_at").first()
    if found is None or not user.has_perm(MANAGE, found):
        raise _absence(namespace, name)
    return found


def readme_of(repository: Repository) -> Readme:
    """Return the newest README.md as it is kept; one that says nothing, without one."""
    found = Readme.objects.filter(pk=repository.pk).first()
    return found or Readme(repository=repository)


def download_count(repository: Repository) -> int:
    """Return how often it was taken, up to now: see `catalog.downloads`."""
    fresh = Download.objects.filter(repository=repository, is_counted=False)
    return repository.downloads + fresh.values("bucket", "taker").distinct().count()


def takings_of(repository: Repository) -> QuerySet[Download]:
    """Return which files who took when, where that is kept; with the person."""
    named = Download.objects.filter(repository=repository, user__isnull=False)
    return named.select_related("user")


def _named(kind: Kind | str, namespace: str, name: str) -> QuerySet[Repository]:
    if "\0" in namespace or "\0" in name:  # PostgreSQL text cannot hold it
        return Repository.objects.none()
    return _whole().filter(
        kind=kind, namespace__name__iexact=namespace, name__iexact=name
    )


def _whole() -> QuerySet[Repository]:
    return Repository.objects.select_related(
        "namespace", "work", "work__owner", "work__licence", "created_by"
    )


def _absence(namespace: str, name: str) -> Http404:
    return Http404(f"There is no “{namespace}/{name}”, or it is not shared with you.")
