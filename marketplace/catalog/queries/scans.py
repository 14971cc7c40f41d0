"""What is known of the safety of contents."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from marketplace.catalog.models import Commit, FileScan, Repository, ScanStatus
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.queries.trees import files_of

FINDINGS = (ScanStatus.UNSAFE, ScanStatus.SUSPICIOUS, ScanStatus.ERROR)
HAS_FINDING = Q(blob__scan__status__in=FINDINGS)
WAITS = Q(blob__scan__isnull=True) | Q(blob__scan__status=ScanStatus.QUEUED)


@dataclass(frozen=True, slots=True)
class Safety:
    """How many files of a version have findings, harm, or wait to be looked into."""

    findings: int
    unsafe: int
    waiting: int


def security_of(digests: Collection[str]) -> dict[str, FileScan]:
    """Return the finding of each content that has been asked for, by digest.

    Cost: one query.
    """
    return FileScan.objects.in_bulk(list(set(digests)))


def safety_of(repository: Repository, commit: Commit) -> Safety:
    """Return what scans say of all files of a version.

    Cost: one query, that looks at each of its files.
    """
    counts = files_of(repository, revision=commit).aggregate(
        findings=Count("pk", filter=HAS_FINDING),
        unsafe=Count("pk", filter=Q(blob__scan__status=ScanStatus.UNSAFE)),
        waiting=Count("pk", filter=WAITS),
    )
    return Safety(**counts)


def findings_in(repository: Repository, commit: Commit) -> TreeEntryQuerySet:
    """Return the files of a version that something was found in, with their scans."""
    files = files_of(repository, revision=commit)
    return files.filter(HAS_FINDING).select_related("blob__scan")
