"""A host's own workers: made and revoked with their contest."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404

from marketplace.accounts.models import User
from training.contests.models import Contest
from training.contests.permissions import require_host
from training.runs import sites
from training.runs.models import BroughtWorker, Lane, Run, RunStatus


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker of a contest, and the runs it has in hand."""

    worker: BroughtWorker
    runs: list[uuid.UUID]


@transaction.atomic
def bring_worker(
    actor: User, *, contest: Contest, name: str, for_namespace: bool, at: datetime
) -> tuple[BroughtWorker, str]:
    """Make a worker for a contest, or for all of its namespace, with its token.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Malformed: it has no name.
        TooManyWorkers: there are too many already.
    """
    require_host(actor, contest)
    lane, _ = Lane.objects.get_or_create(
        name=f"contest:{contest.slug}", defaults={"namespace": contest.namespace}
    )
    if lane.namespace_id is None:  # it waited before lanes knew whose they are
        Lane.objects.filter(pk=lane.pk).update(namespace=contest.namespace)
    return sites.make_worker(
        actor,
        namespace=contest.namespace,
        lane=None if for_namespace else lane,
        name=name,
        at=at,
    )


def dismiss_worker(
    actor: User, *, contest: Contest, worker_id: uuid.UUID, at: datetime
) -> None:
    """Revoke a worker of a contest; what it has in hand goes to another.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Http404: the contest has no such worker.
    """
    require_host(actor, contest)
    worker = _serving(contest).filter(pk=worker_id).first()
    if worker is None:
        raise Http404("There is no such worker.")
    sites.revoke_worker(actor, worker=worker, at=at)


def workers_of(contest: Contest) -> list[WorkerState]:
    """Return the unrevoked workers that may run a contest's submissions."""
    workers = list(_serving(contest).select_related("lane").order_by("-made_at"))
    live = Run.objects.filter(
        status=RunStatus.RUNNING, worker__in=[each.label for each in workers]
    )
    held: dict[str, list[uuid.UUID]] = {}
    for run_id, label in live.values_list("pk", "worker"):
        held.setdefault(label, []).append(run_id)
    return [WorkerState(each, held.get(each.label, [])) for each in workers]


def _serving(contest: Contest) -> QuerySet[BroughtWorker]:
    own = Q(lane=None) | Q(lane=f"contest:{contest.slug}")
    return sites.unrevoked(contest.namespace).filter(own)
