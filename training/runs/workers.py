"""What a worker says of itself, so that operators see who works and how safely."""

from collections.abc import Sequence
from datetime import datetime

from training.jobs import SandboxLevel
from training.runs.models import WorkerReport

LONGEST_OFFER = 100


def report_worker(
    hostname: str,
    *,
    queues: Sequence[str],
    concurrency: int,
    sandbox: SandboxLevel,
    started_at: datetime,
    now: datetime,
    offers: Sequence[str] = (),
) -> None:
    """Keep a worker's last word: what it serves and how it holds strangers' code."""
    WorkerReport.objects.update_or_create(
        hostname=hostname,
        defaults={
            "queues": list(queues),
            "concurrency": concurrency,
            "offers": [one[:LONGEST_OFFER] for one in offers],
            "sandbox": sandbox.name,
            "is_safe": sandbox.is_safe,
            "reasons": list(sandbox.reasons),
            "started_at": started_at,
            "seen_at": now,
        },
    )
