"""Looking into what was committed: queued with the commit, done by a worker."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext
from kombu.exceptions import OperationalError
from psycopg.types.json import Jsonb

from marketplace.catalog.models import FileScan, ScanStatus
from marketplace.catalog.scanning import SCANNER
from marketplace.catalog.scanning.process import Scanner, scanner
from marketplace.catalog.scanning.report import ERROR, Report
from marketplace.catalog.scanning.secrets import MOST_BYTES
from marketplace.catalog.scanning.signs import MAGIC_BYTES, may_be_pickle, suffix_of
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.many import insert_new
from marketplace.storage.models import Blob
from marketplace.storage.queries import BlobUnavailable, local_copy, open_blob

BATCH = 32
MOST_ATTEMPTS = 3
OLD_AT_ONCE = 200
TASK = "catalog.scan_files"
UNKNOWN = (ScanStatus.QUEUED, ScanStatus.ERROR)
log = structlog.get_logger(__name__)


class UnsafeFile(DomainError):
    code = "unsafe_file"


def queue_scans(names: Mapping[str, str], *, queued_at: datetime) -> None:
    """Have contents looked into that have not been, once the transaction is committed.

    What was looked into under a harmless name, and is now called a pickle, is looked
    into again.

    Args:
        names: by digest, what a file of that content is called.
        queued_at: now.
    """
    suffixes = {digest: suffix_of(name) for digest, name in names.items()}
    insert_new(
        FileScan,
        ("blob_id", "suffix"),
        sorted(suffixes.items()),
        same={
            "status": ScanStatus.QUEUED,
            "report": Jsonb({}),
            "scanner": "",
            "attempts": 0,
            "queued_at": queued_at,
        },
        returning="blob_id",
    )
    for suffix in sorted({each for each in suffixes.values() if each}):
        called_so = [digest for digest, each in suffixes.items() if each == suffix]
        FileScan.objects.filter(pk__in=called_so, suffix="").update(
            suffix=suffix,
            status=ScanStatus.QUEUED,
            queued_at=queued_at,
            claimed_at=None,
        )
    transaction.on_commit(wake_scanner)


def wake_scanner() -> None:
    """Wake a worker. If the broker is down, the clock wakes one a little later."""
    try:
        current_app.send_task(TASK)
    except OperationalError as fault:
        log.warning("broker_unreachable", task=TASK, why=str(fault))


def scan_waiting(*, now: datetime) -> int:
    """Look into a batch of what waits; return how many files that was.

    Any number of workers may do so at once; a file whose worker was lost three times is
    given up, with a reason.
    """
    claimed = _claimed(now)
    with scanner(settings.STOA.clamd_url) as process:
        for row in claimed:
            if row.attempts > MOST_ATTEMPTS:
                report = Report(pickle=ERROR, fault="Its worker was lost, three times.")
            else:
                report = _report(row, process)
            _record(row, report, scanned_at=now)
    return len(claimed)


def requeue_outdated(*, now: datetime) -> int:
    """Queue some of what an older scanner looked into; return how many."""
    old = FileScan.objects.exclude(status=ScanStatus.QUEUED).exclude(scanner=SCANNER)
    digests = list(
        old.order_by("scanned_at").values_list("pk", flat=True)[:OLD_AT_ONCE]
    )
    return FileScan.objects.filter(pk__in=digests).update(
        status=ScanStatus.QUEUED, queued_at=now, claimed_at=None, attempts=0
    )


def require_harmless(blob: Blob, *, name: str, at: datetime) -> None:
    """Return if a worker may load a content; it is looked into here if nobody has yet.

    What could not be looked into before is looked into again.

    Raises:
        UnsafeFile: loading it would run what no model needs, it holds a virus, or what
            loading it would run cannot be found out.
        BlobUnavailable: its bytes are not there.
    """
    row = FileScan.objects.filter(pk=blob.pk).first()
    suffix = suffix_of(name)
    if row is None or row.status in UNKNOWN or suffix not in ("", row.suffix):
        suffix = suffix or (row.suffix if row else "")
        row, _ = FileScan.objects.update_or_create(
            blob=blob, defaults={"suffix": suffix, "queued_at": at, "claimed_at": at}
        )
        with scanner(settings.STOA.clamd_url) as process:
            report = _report(row, process)
        _record(row, report, scanned_at=at)
        row.status, row.report = report.status, report.told()
    if row.status == ScanStatus.UNSAFE:
        raise UnsafeFile(
            gettext("%(name)s is not loaded here: %(row)s.")
            % {"name": name, "row": why_unsafe(row)}
        )
    if row.report["pickle"] == ERROR:
        with open_blob(blob.pk):  # if it is there at all
            raise UnsafeFile(
                gettext("%(name)s is not loaded here. %(report)s")
                % {"name": name, "report": row.report["fault"]}
            )


def why_unsafe(row: FileScan) -> str:
    """Return what was found, in words."""
    if row.report.get("viruses"):
        return f"ClamAV finds {', '.join(row.report['viruses'])} in it"
    dangerous = [
        f"{each['module']}.{each['name']}"
        for each in row.report.get("imports", [])
        if each["safety"] == "dangerous"
    ]
    return f"loading it would call {', '.join(dangerous[:5])}"


@transaction.atomic
def _claimed(now: datetime) -> list[FileScan]:
    waiting = FileScan.objects.waiting(now).select_for_update(
        skip_locked=True, of=("self",)
    )
    rows = list(waiting.select_related("blob").order_by("queued_at")[:BATCH])
    claim = FileScan.objects.filter(pk__in=[row.pk for row in rows])
    claim.update(claimed_at=now, attempts=F("attempts") + 1)
    for row in rows:
        row.claimed_at, row.attempts = now, row.attempts + 1
    return rows


def _report(row: FileScan, process: Scanner) -> Report:
    """Look into one content. What is large and no pickle is not even fetched."""
    try:
        if row.blob.size_bytes > MOST_BYTES and not process.clamd_url:
            with open_blob(row.blob_id) as file:
                head = file.read(MAGIC_BYTES)
            if not may_be_pickle(head, row.suffix):
                return Report()
        with local_copy(row.blob_id) as path:
            return process.look(path, row.suffix)
    except BlobUnavailable as absence:
        return Report(pickle=ERROR, fault=str(absence))


@transaction.atomic
def _record(row: FileScan, report: Report, *, scanned_at: datetime) -> None:
    """Write a finding, unless the claim has passed to another."""
    ours = FileScan.objects.filter(pk=row.pk, claimed_at=row.claimed_at)
    found = {"status": report.status, "report": report.told(), "scanner": SCANNER}
    written = ours.update(**found, scanned_at=scanned_at, claimed_at=None)
    if written and report.status == ScanStatus.UNSAFE:
        row.report = report.told()
        record_act(None, "find_unsafe", row.blob, at=scanned_at, why=why_unsafe(row))
        log.warning("unsafe_file", sha256=row.blob_id)
