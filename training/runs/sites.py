"""Workers of hosts: their tokens, what they may run, and the lease they hold.

A worker needs no broker and no database: it claims, renews and ends a run over HTTPS. Its
token opens nothing else, and is kept as a digest.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.ids import digest, new_secret
from training.runs.leases import Lease
from training.runs.models import BROUGHT, BroughtWorker, Lane, Run, RunStatus
from training.runs.turns import claim_next

PREFIX = "stoaw"
HINT_LENGTH = 12
MOST_WORKERS = 50
QUEUES = ("runs",)
SEEN_NOTED_EVERY = timedelta(seconds=20)


class TooManyWorkers(DomainError):
    code = "too_many_workers"


class LeaseNotHeld(DomainError):
    """The run went to another worker, was cancelled or ended."""

    code = "lease_lost"


@transaction.atomic
def make_worker(
    actor: User, *, namespace: Namespace, lane: Lane | None, name: str, at: datetime
) -> tuple[BroughtWorker, str]:
    """Make a worker and return it with its token, which is shown this once.

    For a room that has made sure that `actor` may.

    Raises:
        Malformed: it has no name.
        TooManyWorkers: the namespace has fifty.
    """
    name = name.strip()
    if not name or len(name) > 100:
        raise Malformed(gettext("name: give it a name of at most 100 characters."))
    Namespace.objects.select_for_update().get(pk=namespace.pk)
    if unrevoked(namespace).count() >= MOST_WORKERS:
        raise TooManyWorkers(
            gettext("Revoke workers that are not used; 50 are the most.")
        )
    secret = new_secret(PREFIX)
    worker = BroughtWorker.objects.create(
        namespace=namespace,
        lane=lane,
        name=name,
        digest=digest(secret),
        hint=secret[:HINT_LENGTH],
        made_by=actor,
        made_at=at,
    )
    record_act(actor, "make_worker", worker, at=at, name=name)
    return worker, secret


@transaction.atomic
def revoke_worker(actor: User, *, worker: BroughtWorker, at: datetime) -> None:
    """End a worker's token for good; what it runs goes to others when its lease ends.

    For a room that has made sure that `actor` may. Twice is once.
    """
    live = BroughtWorker.objects.filter(pk=worker.pk, revoked_at=None)
    if live.update(revoked_at=at):
        record_act(actor, "revoke_worker", worker, at=at)


def unrevoked(namespace: Namespace) -> QuerySet[BroughtWorker]:
    return BroughtWorker.objects.filter(namespace=namespace, revoked_at=None)


def worker_of(secret: str) -> BroughtWorker | None:
    """Return the unrevoked worker whose token this is."""
    found = BroughtWorker.objects.select_related("lane").filter(digest=digest(secret))
    return found.filter(revoked_at=None).first()


def note_seen(worker: BroughtWorker, *, at: datetime) -> None:
    """Write that a worker was here, unless that was written a moment ago."""
    stale = Q(seen_at__isnull=True) | Q(seen_at__lte=at - SEEN_NOTED_EVERY)
    BroughtWorker.objects.filter(stale, pk=worker.pk).update(seen_at=at)


def lanes_of(worker: BroughtWorker) -> QuerySet[Lane]:
    """Return the lanes a worker may take from: its own, or its namespace's."""
    own = Lane.objects.filter(namespace=worker.namespace_id)
    return own if worker.lane_id is None else own.filter(pk=worker.lane_id)


def claim_for(
    worker: BroughtWorker, *, barred: Collection[str], now: datetime, term: timedelta
) -> Lease | None:
    """Claim the run whose turn it is among those the worker may run.

    Args:
        worker: who asks.
        barred: names of lanes that it cannot do.
        now: when.
        term: how long silence may last before the run goes to another.
    """
    lanes = lanes_of(worker).exclude(name__in=barred)
    return claim_next(lanes, queues=QUEUES, worker=worker.label, now=now, term=term)


def claim_at_site(
    worker: BroughtWorker, *, wanted: Q, now: datetime, term: timedelta
) -> Lease | None:
    """Claim the next run that only workers at sites do, and this one may.

    Args:
        worker: who asks.
        wanted: which runs are for its site.
        now: when.
        term: how long silence may last before the run goes to another.
    """
    return claim_next(
        lanes_of(worker),
        queues=BROUGHT,
        worker=worker.label,
        now=now,
        term=term,
        wanted=wanted,
    )


def lease_held(
    worker: BroughtWorker, *, run_id: uuid.UUID, token: uuid.UUID, term: timedelta
) -> Lease:
    """Return the lease a worker says it has, if it has it.

    Raises:
        LeaseNotHeld: it has not, or no longer.
    """
    held = Run.objects.held(run_id, token=token).filter(
        worker=worker.label, lane__in=lanes_of(worker).values("pk")
    )
    if not held.exists():
        raise LeaseNotHeld(
            gettext("This run is no longer yours. Stop it and claim another.")
        )
    return Lease(run_id, token, term)


def runs_of(worker: BroughtWorker) -> QuerySet[Run]:
    """Return what a worker has in hand."""
    return Run.objects.filter(status=RunStatus.RUNNING, worker=worker.label)
