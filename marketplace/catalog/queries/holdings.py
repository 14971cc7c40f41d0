"""What a repository holds over all its versions."""

from django.db.models import Sum

from marketplace.catalog.models import EntryKind, Repository
from marketplace.storage.models import Blob


def used_storage(repository: Repository) -> int:
    """Return the bytes of all versions, each content counted once. Cost: one query."""
    files = repository.entries.filter(kind=EntryKind.FILE).values("blob")
    used = Blob.objects.filter(pk__in=files).aggregate(bytes=Sum("size_bytes"))
    return int(used["bytes"] or 0)
