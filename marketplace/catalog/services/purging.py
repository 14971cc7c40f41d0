"""Letting go of the files of repositories that were deleted long ago."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from licensing.models import OrderLine
from marketplace.catalog.models import ClosedLine, Repository, Shadow, TreeEntry
from marketplace.catalog.services.quotas import release_held
from marketplace.kit.audit import record_act


def purge_deleted(*, before: datetime, purged_at: datetime) -> int:
    """Forget what the repositories deleted before a time held; return how many they were.

    Their commits stay, as what was licensed must be known for good; what lay in them is
    known no more, so that its bytes are free to be collected. What anybody ever ordered
    keeps its files.
    """
    ordered = OrderLine.objects.filter(offer_version__offer__work=OuterRef("work"))
    held = TreeEntry.objects.filter(repository=OuterRef("pk"))
    gone = Repository.objects.filter(
        Exists(held), ~Exists(ordered), deleted_at__lt=before
    )
    return sum(
        _purge(repository_id, before=before, at=purged_at)
        for repository_id in list(gone.values_list("pk", flat=True))
    )


@transaction.atomic
def _purge(repository_id: UUID, *, before: datetime, at: datetime) -> bool:
    held = Repository.objects.select_for_update(of=("self",), no_key=True)
    repository = held.filter(pk=repository_id, deleted_at__lt=before).first()
    if repository is None:  # it was restored meanwhile
        return False
    lines = repository.commits.filter(position=1).values_list("line", flat=True)
    ClosedLine.objects.bulk_create(
        (ClosedLine(repository=repository, line=line, closed_at=at) for line in lines),
        ignore_conflicts=True,
    )
    Shadow.objects.filter(repository=repository).delete()
    TreeEntry.objects.filter(repository=repository).delete()
    release_held(repository.namespace)
    record_act(None, "purge_repository", repository, at=at, name=str(repository))
    return True
