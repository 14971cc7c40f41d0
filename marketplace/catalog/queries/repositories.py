"""Repositories by address, for those who may see them."""

from django.db.models import QuerySet
from django.http import Http404

from marketplace.catalog.models import Download, Kind, Readme, Repository
from marketplace.catalog.permissions import MANAGE, AnyUser, may_see, visible_to

__all__ = [
    "card_text",
    "download_count",
    "find_deleted",
    "find_repository",
    "visible_to",
]


def find_repository(
    user: AnyUser, *, kind: Kind | str, namespace: str, name: str
) -> Repository:
    """Return the repository at an address, whatever its case, with namespace and work.

    Raises:
        Http404: there is none, it is deleted, or `user` may not know of it.
    """
    found = _named(kind, namespace, name).filter(deleted_at__isnull=True).first()
    if found is None or not may_see(user, found):
        raise _absence(namespace, name)
    return found


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
    """Return how many files have left, up to now."""
    fresh = Download.objects.filter(repository=repository).count()
    return repository.downloads + fresh


def _named(kind: Kind | str, namespace: str, name: str) -> QuerySet[Repository]:
    if "\0" in namespace or "\0" in name:  # PostgreSQL text cannot hold it
        return Repository.objects.none()
    return Repository.objects.select_related(
        "namespace", "work", "work__owner", "created_by"
    ).filter(kind=kind, namespace__name__iexact=namespace, name__iexact=name)


def _absence(namespace: str, name: str) -> Http404:
    return Http404(f"There is no “{namespace}/{name}”, or it is not shared with you.")
