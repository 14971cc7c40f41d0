"""Imports one bundle: claim its run, read the zip, open its contests, keep the report."""

import uuid
from collections.abc import Callable
from dataclasses import astuple
from datetime import datetime, timedelta

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction

from marketplace.kit.errors import DomainError
from marketplace.storage.queries import local_copy
from training.contests.models import BundleImport
from training.contests.services.importing import (
    StoredBundle,
    open_imported,
    store_bundle,
)
from training.jobs import Stage
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Failure, Lease

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """The run is another's, or its owner cancelled: nothing may be written."""


def run_import(
    run_id: uuid.UUID, *, worker: str, term: timedelta, clock: Callable[[], datetime]
) -> None:
    """Import the bundle of a queued run; do nothing if it is not queued.

    Args:
        run_id: of the run.
        worker: who does it.
        term: of its lease.
        clock: tells the time.
    """
    lease = leases.claim(run_id, worker=worker, now=clock(), term=term)
    if lease is None:
        return
    taken = BundleImport.objects.select_related("owner", "namespace").get(run=run_id)
    with Heartbeat(lease, clock=clock) as pulse:
        try:
            with local_copy(taken.blob_id) as path, path.open("rb") as source:
                bundle = store_bundle(source, at=clock(), on_step=pulse.write_log)
            pulse.write_log("Opening it as a draft")
            _open(taken, bundle, lease=lease, pulse=pulse, at=clock())
        except (DomainError, PermissionDenied) as refused:
            _fail(lease, refused, pulse=pulse, at=clock())
        except LeaseLost:
            leases.cancel(lease, now=clock(), log_tail=pulse.log_tail)
            log.warning("lease_lost")


@transaction.atomic
def _open(
    taken: BundleImport,
    bundle: StoredBundle,
    *,
    lease: Lease,
    pulse: Heartbeat,
    at: datetime,
) -> None:
    """Open the contests in the transaction that ends the run, or leave none."""
    contests, notes = open_imported(
        taken.owner, namespace=taken.namespace, slug=taken.slug, bundle=bundle, at=at
    )
    taken.format = bundle.description.format.value
    taken.report = [list(astuple(note)) for note in notes]
    taken.save(update_fields=["format", "report"])
    taken.contests.set(contests)
    if not leases.complete(lease, now=at, usage={}, log_tail=pulse.log_tail):
        raise LeaseLost


def _fail(lease: Lease, refused: Exception, *, pulse: Heartbeat, at: datetime) -> None:
    failure = Failure(
        code=getattr(refused, "code", "permission_denied"),
        message=str(refused),
        stage=Stage.READ.value,
        rows=[],
        row_count=0,
    )
    if not leases.fail(lease, now=at, failure=failure, log_tail=pulse.log_tail):
        leases.cancel(lease, now=at, log_tail=pulse.log_tail)
