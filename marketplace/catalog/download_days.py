"""Downloads that are over, added up by the day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from marketplace.catalog.models import Download, DownloadDay, Listing, Repository
from marketplace.catalog.takings import BUCKET_SECONDS

COUNTED_AFTER = timedelta(seconds=BUCKET_SECONDS + 60)  # no request takes a minute


def count_downloads(*, at: datetime) -> int:
    """Add up the downloads of buckets that are over; return how many there were.

    A repository that somebody writes just then is left for the next time, and two that
    count at once count nothing twice.

    Args:
        at: now.

    Cost: some ten queries for each repository that was taken.
    """
    over = Q(is_counted=False, bucket__lte=at - COUNTED_AFTER)
    taken = Download.objects.filter(over).order_by("repository")
    chosen = taken.values_list("repository", flat=True).distinct()
    return sum(_count_of(repository_id, over) for repository_id in list(chosen))


@transaction.atomic
def _count_of(repository_id: UUID, over: Q) -> int:
    row = Repository.objects.filter(pk=repository_id)
    if not row.select_for_update(skip_locked=True, no_key=True).exists():
        return 0
    fresh = Download.objects.filter(over, repository=repository_id)
    buckets = fresh.values("bucket").annotate(takers=Count("taker", distinct=True))
    by_day: Counter[date] = Counter()
    for bucket, takers in buckets.values_list("bucket", "takers"):
        by_day[bucket.astimezone(UTC).date()] += takers
    for day, count in sorted(by_day.items()):
        _add_to_day(repository_id, day, count)
    more = F("downloads") + by_day.total()
    row.update(downloads=more)
    Listing.objects.filter(pk=repository_id).update(downloads=more)
    fresh.filter(user__isnull=True).delete()
    fresh.update(is_counted=True)
    return by_day.total()


def _add_to_day(repository_id: UUID, day: date, count: int) -> None:
    counted, is_new = DownloadDay.objects.get_or_create(
        repository_id=repository_id, day=day, defaults={"count": count}
    )
    if not is_new:
        DownloadDay.objects.filter(pk=counted.pk).update(count=F("count") + count)
