"""Removing the contents that nothing needs any more, and never one that something does.

In two steps, a day apart. A content that nothing refers to is condemned: from then on its
digest is no answer to “send it”, so whoever wants it sends the bytes, which pardons it.
What is still condemned and unneeded a day later is removed, under a lock on its row, and
never while a backup is taken: its tables name what was there when it began.
Bytes whose row was rolled back, or never written, get one first.
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.db import connection, models, transaction
from django.db.models import Exists, ManyToOneRel, OuterRef, Q

from marketplace.storage.models import HEX, Blob, Possession, Upload, UploadState
from marketplace.storage.queries import current_store
from marketplace.storage.services.inspection import orphans

REMOVAL_LOCK = 5_310_774_209_816_640_128  # who copies the store holds it alone
YOUNG = timedelta(days=1)
AT_ONCE = 10_000
BATCH = 500
log = structlog.get_logger(__name__)


def needed() -> Q:
    """Return what is true of contents that some row of any room refers to.

    A key that protects its blob is a need; one that goes with it, such as a scan's, is
    none. New rooms are looked after without being named here.
    """
    need = Q(pk__in=[])
    for relation in Blob._meta.get_fields(include_hidden=True):  # noqa: SLF001  documented
        if not isinstance(relation, ManyToOneRel):
            continue
        if relation.on_delete is models.PROTECT:
            rows = models.QuerySet[models.Model](relation.related_model)
            mine = rows.filter(**{relation.field.name: OuterRef("pk")})
            need |= Q(Exists(mine))
    return need


def lately_sent(now: datetime) -> Q:
    """Return what is true of contents that somebody sent within a day, to commit them."""
    since = now - YOUNG
    proved = Possession.objects.filter(blob=OuterRef("pk"), proved_at__gt=since)
    uploaded = Upload.objects.filter(
        sha256=OuterRef("pk"), state=UploadState.COMPLETED, completed_at__gt=since
    )
    return Q(stored_at__gt=since) | Exists(proved) | Exists(uploaded)


def collect_unneeded(*, now: datetime) -> int:
    """Pardon, remove and condemn contents; return how many were removed.

    Any number of collectors may run at once, and be killed at any point.

    Cost: a few queries over all blobs, a listing of the store, then one transaction for
    each that goes.
    """
    _adopt(now)
    spared = needed() | lately_sent(now)
    condemned = Blob.objects.filter(condemned_at__isnull=False)
    condemned.filter(spared).update(condemned_at=None)
    doomed = condemned.filter(condemned_at__lte=now - YOUNG)
    digests = list(doomed.values_list("pk", flat=True)[:AT_ONCE])
    removed = sum(_remove(sha256, now=now) for sha256 in digests)
    unneeded = Blob.objects.filter(condemned_at=None).exclude(spared)
    count = unneeded.update(condemned_at=now)
    if removed or count:
        log.info("blobs_collected", removed=removed, condemned=count)
    return removed


def _adopt(now: datetime) -> None:
    """Write rows for old bytes that have none, so that they go as others do.

    Who is just storing the same bytes writes the same row: one of the two waits.
    """
    since = now - YOUNG
    rows = []
    for sha256 in islice(orphans(before=since), AT_ONCE):
        with suppress(FileNotFoundError):  # removed meanwhile
            if re.match(HEX, sha256):
                size = current_store().size(sha256)
                rows.append(Blob(pk=sha256, size_bytes=size, stored_at=since))
    Blob.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


@transaction.atomic
def _remove(sha256: str, *, now: datetime) -> bool:
    """Remove one content for good, if it is as unneeded as it seemed.

    The lock keeps out whoever would refer to it or pardon it meanwhile. Its bytes go
    first: a crash leaves a condemned row, which the next run removes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [REMOVAL_LOCK])
        if not cursor.fetchone()[0]:
            return False
    held = Blob.objects.select_for_update().filter(
        pk=sha256, condemned_at__lte=now - YOUNG
    )
    blob = held.first()
    if blob is None or Blob.objects.filter(needed() | lately_sent(now), pk=sha256):
        return False
    with suppress(FileNotFoundError):
        current_store().delete(sha256)
    Upload.objects.filter(sha256=sha256, state=UploadState.COMPLETED).delete()
    blob.delete()
    return True
