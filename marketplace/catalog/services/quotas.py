"""What a namespace holds, each content once, and how much more it may."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace
from marketplace.catalog.models import HeldBlob, NamespaceUsage, TreeEntry
from marketplace.catalog.queries.lines import charged_to, proposed_by
from marketplace.kit.errors import DomainError
from marketplace.kit.many import copy_rows, insert_new
from marketplace.metering.services import require_storage

BATCH = 2000


class QuotaExceeded(DomainError):
    code = "quota_exceeded"
    status = 413


def require_room(namespace: Namespace, *, size_bytes: int, at: datetime) -> None:
    """Return if a namespace has room for so many bytes more: ask before taking them in.

    Raises:
        QuotaExceeded: it has not.
        BudgetUsedUp: it may not spend what it would cost to store them.
    """
    usage = NamespaceUsage.objects.filter(namespace=namespace).first()
    held_bytes = usage.size_bytes if usage else 0
    _refuse_excess(namespace, held_bytes, size_bytes)
    require_storage(
        namespace,
        held_bytes=held_bytes,
        more_bytes=size_bytes,
        at=at,
        is_taken=False,
    )


def room_left(namespace: Namespace) -> int:
    """Return how many bytes more a namespace may hold now; never below none."""
    usage = NamespaceUsage.objects.filter(namespace=namespace).first()
    held_bytes = usage.size_bytes if usage else 0
    return max(0, settings.STOA.namespace_quota_bytes - held_bytes)


def take_room(
    namespace: Namespace, *, entries: Iterable[TreeEntry], at: datetime
) -> None:
    """Count what is new to the namespace, each content once.

    Raises:
        QuotaExceeded: it would hold more than it may.
        BudgetUsedUp: it may not spend what it would cost to store it.
    """
    sizes = {entry.blob_id: entry.size_bytes for entry in entries if entry.blob_id}
    if not sizes:
        return
    usage = _locked(namespace)
    fresh = insert_new(
        HeldBlob,
        ["blob_id"],
        zip(sizes),
        same={"namespace_id": namespace.pk},
        returning="blob_id",
    )
    more_bytes = sum(sizes[blob_id] for blob_id in fresh)
    _refuse_excess(namespace, usage.size_bytes, more_bytes)
    require_storage(
        namespace, held_bytes=usage.size_bytes, more_bytes=more_bytes, at=at
    )
    usage.size_bytes += more_bytes
    usage.save(update_fields=["size_bytes"])


@transaction.atomic
def release_held(namespace: Namespace) -> int:
    """Count anew what a namespace holds: what is gone gives its room back at once.

    Returns:
        How many bytes it holds now.

    Cost: reads the files of all its repositories, about a second for a million.
    """
    usage = _locked(namespace)
    charged = (charged_to(namespace), proposed_by(namespace))
    held = HeldBlob.objects.filter(namespace=namespace)
    gone = held
    for entries in charged:
        gone = gone.exclude(Exists(entries.filter(blob=OuterRef("blob"))))
    gone.delete()
    for entries in charged:
        uncounted = entries.exclude(Exists(held.filter(blob=OuterRef("blob"))))
        digests = uncounted.values_list("blob_id", flat=True).distinct()
        copy_rows(
            HeldBlob,
            ("namespace_id", "blob_id"),
            [(namespace.pk, blob_id) for blob_id in digests],
        )
    usage.size_bytes = held.aggregate(sum=Sum("blob__size_bytes"))["sum"] or 0
    usage.save(update_fields=["size_bytes"])
    return usage.size_bytes


def _locked(namespace: Namespace) -> NamespaceUsage:
    usage, _ = NamespaceUsage.objects.select_for_update().get_or_create(
        namespace=namespace
    )
    return usage


def _refuse_excess(namespace: Namespace, held_bytes: int, more_bytes: int) -> None:
    quota_bytes = settings.STOA.namespace_quota_bytes
    if held_bytes + more_bytes > quota_bytes:
        raise QuotaExceeded(
            gettext(
                "“%(namespace_name)s” holds %(held_bytes)s of %(quota_bytes)s bytes, "
                "and this would add %(more_bytes)s. Commit less, or ask the operator "
                "for more room."
            )
            % {
                "namespace_name": namespace.name,
                "held_bytes": f"{held_bytes:,}",
                "quota_bytes": f"{quota_bytes:,}",
                "more_bytes": f"{more_bytes:,}",
            }
        )
