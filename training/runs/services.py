"""What people do with runs: queue one, ask to cancel it."""

from datetime import datetime
from functools import partial

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from training.runs import dispatch
from training.runs.models import LIVE, Run, RunQuerySet, RunStatus
from training.runs.permissions import require_control


class RunEnded(DomainError):
    code = "run_ended"


@transaction.atomic
def queue_run(
    owner: User,
    *,
    task: str,
    queue: str,
    queued_at: datetime,
    lane: str = "",
    weight: int = 1,
    max_attempts: int = 3,
) -> Run:
    """Queue one run in the caller's transaction; its id goes to the broker on commit.

    Whether the broker takes it is of no matter: the sweep sends what is due.

    Args:
        owner: whose run it is; owners take turns.
        task: name of a Celery task that takes `run_id`.
        queue: which workers shall do it.
        queued_at: when.
        lane: what else takes turns, such as one contest.
        weight: turns this lane gets when others get one.
        max_attempts: lost workers before the run fails.
    """
    run = Run.objects.create(
        owner=owner,
        task=task,
        queue=queue,
        lane=lane,
        weight=weight,
        max_attempts=max_attempts,
        queued_at=queued_at,
        due_at=queued_at,
    )
    transaction.on_commit(partial(dispatch.dispatch_one, run.pk, now=queued_at))
    return run


def queue_backlog(
    owner: User, *, task: str, queue: str, queued_at: datetime, lane: str, count: int
) -> list[Run]:
    """Queue `count` runs at once, as re-scoring does; the sweep sends them in turn."""
    return Run.objects.bulk_create(
        Run(
            owner=owner,
            task=task,
            queue=queue,
            lane=lane,
            queued_at=queued_at,
            due_at=queued_at,
        )
        for _ in range(count)
    )


@transaction.atomic
def stop_runs(runs: RunQuerySet, *, at: datetime) -> None:
    """End the waiting of these runs and ask the workers of the rest to stop.

    For a room that has made sure that it may, as when a submission is withdrawn.
    """
    live = runs.filter(status__in=LIVE).select_for_update(of=("self",))
    ids = list(live.values_list("pk", flat=True))
    locked = Run.objects.filter(pk__in=ids)
    locked.queued().update(
        status=RunStatus.CANCELLED, cancel_requested_at=at, finished_at=at
    )
    locked.filter(status=RunStatus.RUNNING).update(cancel_requested_at=at)


@transaction.atomic
def request_cancel(actor: User, *, run: Run, at: datetime) -> Run:
    """End a waiting run at once; ask a running one's worker to stop it.

    Asking twice changes nothing.

    Raises:
        PermissionDenied: it is another's run.
        RunEnded: there is nothing left to cancel.
    """
    require_control(actor, run)
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.status not in LIVE:
        raise RunEnded(f"This run has ended ({locked.get_status_display().lower()}).")
    if locked.cancel_requested_at is not None:
        return locked
    locked.cancel_requested_at = at
    if locked.status == RunStatus.QUEUED:
        locked.status = RunStatus.CANCELLED
        locked.finished_at = at
    locked.save(update_fields=["cancel_requested_at", "status", "finished_at"])
    record_act(actor, "cancel_run", locked, at=at)
    return locked
