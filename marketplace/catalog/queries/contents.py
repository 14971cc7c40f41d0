"""Which contents somebody may read somewhere, so that they may name them by digest."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from licensing.queries import works_open_to
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Gating,
    Repository,
    TreeEntry,
)
from marketplace.catalog.permissions import AnyUser, changeable_by, visible_to

ASKED_AT_ONCE = 10_000


def takeable_by(user: AnyUser) -> QuerySet[Repository]:
    """Return the repositories whose bytes `user` may take now.

    It is what `downloads.require_access` says of each, for whoever asks about many.
    """
    admitted = AccessRequest.objects.filter(
        user=user.pk, state=AccessState.ACCEPTED
    ).values("repository")
    is_let_in = (
        Q(gating=Gating.OPEN)
        | Q(pk__in=admitted)
        | Q(pk__in=changeable_by(user).values("pk"))
    )
    open_works = works_open_to(user).values("pk")
    return visible_to(user).filter(is_let_in, work__in=open_works)


def readable_blobs(user: AnyUser, digests: Iterable[str]) -> set[str]:
    """Return those digests whose bytes `user` may take from some repository now.

    Cost: one query for every ten thousand digests.
    """
    found: set[str] = set()
    held = TreeEntry.objects.filter(
        repository__in=takeable_by(user).values("pk"), blob__quarantined_at=None
    )
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        some = wanted[start : start + ASKED_AT_ONCE]
        rows = held.filter(blob__in=some).order_by().values_list("blob_id", flat=True)
        found.update(blob_id for blob_id in rows.distinct() if blob_id)
    return found
