"""A host's own workers: made and revoked with their contest."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import Malformed
from training.contests.models import Contest, ContestSite, SiteWorker
from training.contests.permissions import require_host
from training.runs import sites
from training.runs.models import BroughtWorker, Lane, Run, RunStatus


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker of a contest, and the runs it has in hand."""

    worker: BroughtWorker
    runs: list[uuid.UUID]
    site: ContestSite | None = None


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
    if contest.is_federated:
        raise Malformed(
            gettext("site: say at which of the contest's sites the worker stands.")
        )
    return _bring(actor, contest, name, for_namespace=for_namespace, at=at)


@transaction.atomic
def bring_site_worker(
    actor: User, *, contest: Contest, name: str, site: int, at: datetime
) -> tuple[BroughtWorker, str]:
    """Make a worker that stands at a site of a federated contest, with its token.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Malformed: it has no name, or the contest has no such site.
        TooManyWorkers: there are too many already.
    """
    require_host(actor, contest)
    found = ContestSite.objects.filter(contest=contest, number=site).first()
    if found is None:
        raise Malformed(gettext("site: the contest has none of this number."))
    worker, secret = _bring(actor, contest, name, for_namespace=False, at=at)
    SiteWorker.objects.create(site=found, worker=worker)
    return worker, secret


def _bring(
    actor: User, contest: Contest, name: str, *, for_namespace: bool, at: datetime
) -> tuple[BroughtWorker, str]:
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
    stands = SiteWorker.objects.filter(worker__in=workers).select_related("site")
    at = {each.worker_id: each.site for each in stands}
    return [
        WorkerState(each, held.get(each.label, []), at.get(each.pk)) for each in workers
    ]


def has_own_workers(contest: Contest) -> bool:
    """Whether what entrants hand in may be run by a machine of the hosts'."""
    return _serving(contest).exists()


def _serving(contest: Contest) -> QuerySet[BroughtWorker]:
    own = Q(lane=None) | Q(lane=f"contest:{contest.slug}")
    return sites.unrevoked(contest.namespace).filter(own)
