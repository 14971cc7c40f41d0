"""The publishers of a repository."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from marketplace.catalog.models import Kind, Repository
from marketplace.kit.keyset import Order
from marketplace.publishers.models import TrustedPublisher

PUBLISHERS_ORDER = Order(("created_at", "id"))


def publishers_of(repository: Repository) -> QuerySet[TrustedPublisher]:
    """Return whom a repository takes commits from, each with who said so."""
    return TrustedPublisher.objects.filter(repository=repository).select_related(
        "created_by"
    )


def find_publisher(repository: Repository, publisher_id: UUID) -> TrustedPublisher:
    """Return one of a repository's.

    Raises:
        Http404: it has none such.
    """
    found = publishers_of(repository).filter(pk=publisher_id).first()
    if found is None:
        raise Http404(f"“{repository}” has no such trusted publisher.")
    found.repository = repository
    return found


def publishers_at(
    issuer: str, *, kind: Kind, namespace: str, name: str
) -> list[TrustedPublisher]:
    """Return those of an issuer that the repository at an address trusts, if any."""
    known = TrustedPublisher.objects.filter(
        issuer=issuer,
        repository__kind=kind,
        repository__namespace__name__iexact=namespace,
        repository__name__iexact=name,
        repository__deleted_at__isnull=True,
        created_by__is_active=True,
    ).select_related("created_by", "repository__namespace")
    return list(known.order_by("created_at", "pk"))
