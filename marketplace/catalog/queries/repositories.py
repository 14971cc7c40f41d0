"""Repositories by address, for those who may see them."""

from django.db.models import QuerySet
from django.http import Http404

from marketplace.catalog.models import (
    Download,
    Kind,
    Readme,
    Repository,
    RepositoryAlias,
)
from marketplace.catalog.permissions import MANAGE, AnyUser, may_see, visible_to
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

__all__ = [
    "Moved",
    "card_text",
    "download_count",
    "find_deleted",
    "find_repository",
    "takings_of",
    "visible_to",
]

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
    if not found or not may_see(user, found[0]):
        raise _absence(namespace, name)
    if str(found[0]).upper() != wanted and not follow:
        raise Moved(found[0])
    return found[0]


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


def card_text(repository: Repository) -> str:
    """Return the Markdown of the newest README.md, without its front matter."""
    readme = Readme.objects.filter(pk=repository.pk).first()
    return readme.body if readme else ""


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
        "namespace", "work", "work__owner", "created_by"
    )


def _absence(namespace: str, name: str) -> Http404:
    return Http404(f"There is no “{namespace}/{name}”, or it is not shared with you.")
