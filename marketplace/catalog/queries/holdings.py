"""What a repository holds over all its known versions."""

from django.db.models import Sum

from marketplace.catalog.models import EntryKind, Repository
from marketplace.catalog.queries.lines import needed_entries
from marketplace.storage.models import Blob


def used_storage(repository: Repository) -> int:
    """Return the bytes of all known versions, each content counted once.

    What a squash or a deleted branch left behind counts no more, collected or not.

    Cost: two queries, three if lines were closed.
    """
    files = needed_entries([repository]).filter(kind=EntryKind.FILE).values("blob")
    used = Blob.objects.filter(pk__in=files).aggregate(bytes=Sum("size_bytes"))
    return int(used["bytes"] or 0)
