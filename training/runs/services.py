"""What people do with runs: queue one, ask to cancel it; and operators with lanes."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.together import Together
from marketplace.kit.tracing import current_trace
from marketplace.metering.queries import is_charging
from marketplace.metering.services import Most, set_aside
from training.runs import dispatch
from training.runs.leases import requeued
from training.runs.models import (
    LIVE,
    MOST_AT_ONCE,
    MOST_WEIGHT,
    Lane,
    Run,
    RunQuerySet,
    RunStatus,
)
from training.runs.permissions import require_control
from training.runs.turns import Seat, seat_in


class RunEnded(DomainError):
    code = "run_ended"


@transaction.atomic(savepoint=False)  # in the act, which ends with what it refuses
def queue_run(  # noqa: PLR0913  each of these is told of a run by name
    owner: User,
    *,
    task: str,
    queue: str,
    queued_at: datetime,
    lane: str = "",
    namespace: Namespace | None = None,
    claimant: str = "",
    max_attempts: int = 3,
    seat: Seat | None = None,
    into: Together | None = None,
    most: Most | None = None,
    payer_id: int | None = None,
) -> Run:
    """Queue one run in the caller's transaction; its id goes to the broker on commit.

    Whether the broker takes it is of no matter: the sweep sends what is due.

    Args:
        owner: whose run it is.
        task: name of a Celery task that takes `run_id`.
        queue: which workers shall do it.
        queued_at: when.
        lane: what takes turns with others, such as one contest.
        namespace: whose work the lane is, when it is new.
        claimant: who takes turns inside the lane, such as an entrant; else the owner.
        max_attempts: lost workers before the run fails.
        seat: where it waits, if the caller asked already.
        into: other writes of the act, with which it is written.
        most: what it may take of what is charged; nothing is charged for one without.
        payer_id: the namespace that pays; else `namespace`, else the owner's.

    Raises:
        BudgetUsedUp: it may cost more than is left of the budget that it goes by.
    """
    claimant = claimant or _claimant(owner)
    if seat is None:
        seat = seat_in(lane, claimant=claimant, namespace=namespace)
    run = Run(
        owner=owner,
        task=task,
        queue=queue,
        lane=seat.lane,
        claimant=claimant,
        turn=seat.turn,
        max_attempts=max_attempts,
        queued_at=queued_at,
        due_at=queued_at,
        trace=current_trace(),
    )
    if most is not None:
        _set_aside(payer_id, namespace, [run], most=most, at=queued_at)
    writes = into or Together()
    seat.take(writes)
    writes.insert([run])
    if into is None:
        writes.run()
    transaction.on_commit(partial(dispatch.dispatch_one, run, now=queued_at))
    return run


@transaction.atomic
def queue_backlog(
    owner: User,
    *,
    task: str,
    queue: str,
    queued_at: datetime,
    lane: str,
    count: int,
    namespace: Namespace | None = None,
    most: Most | None = None,
) -> list[Run]:
    """Queue `count` runs at once, as re-scoring does; the sweep sends them in turn.

    Raises:
        BudgetUsedUp: as `queue_run` says; none of them is queued.
    """
    seat = seat_in(lane, claimant=_claimant(owner), namespace=namespace)
    trace = current_trace()
    runs = [
        Run(
            owner=owner,
            task=task,
            queue=queue,
            lane=seat.lane,
            claimant=_claimant(owner),
            turn=seat.turn + number,
            queued_at=queued_at,
            due_at=queued_at,
            trace=trace,
        )
        for number in range(count)
    ]
    if most is not None and runs:
        _set_aside(None, namespace, runs, most=most, at=queued_at)
    writes = Together()
    seat.take(writes)
    writes.insert(runs)
    writes.run()
    return runs


def _set_aside(
    payer_id: int | None,
    namespace: Namespace | None,
    runs: list[Run],
    *,
    most: Most,
    at: datetime,
) -> None:
    """Have the most that runs may take set aside, if anything is charged here at all."""
    if is_charging():
        payer_id = payer_id or (namespace or runs[0].owner.namespace).pk
        set_aside(payer_id, runs=[run.pk for run in runs], most=most, at=at)


def _claimant(owner: User) -> str:
    return f"user:{owner.pk}"


@transaction.atomic
def weigh_lane(
    actor: User, *, lane: Lane, weight: int, per_claimant: int, at: datetime
) -> Lane:
    """Say how many turns a lane gets, and how much of it one claimant may have at once.

    It holds from the next turn on, for what waits already too.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: a number is out of range.
    """
    require_staff(actor)
    if not 1 <= weight <= MOST_WEIGHT:
        raise Malformed(
            gettext("weight: give a whole number from 1 to %(most_weight)s.")
            % {"most_weight": MOST_WEIGHT}
        )
    if not 1 <= per_claimant <= MOST_AT_ONCE:
        raise Malformed(
            gettext("per_claimant: give a whole number from 1 to %(most_at_once)s.")
            % {"most_at_once": MOST_AT_ONCE}
        )
    lane.weight, lane.per_claimant = weight, per_claimant
    lane.save(update_fields=["weight", "per_claimant"])
    record_act(
        actor, "weigh_lane", lane, at=at, weight=weight, per_claimant=per_claimant
    )
    return lane


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
        raise RunEnded(
            gettext("This run has ended (%(lower)s).")
            % {"lower": locked.get_status_display().lower()}
        )
    if locked.cancel_requested_at is not None:
        return locked
    locked.cancel_requested_at = at
    if locked.status == RunStatus.QUEUED:
        locked.status = RunStatus.CANCELLED
        locked.finished_at = at
    locked.save(update_fields=["cancel_requested_at", "status", "finished_at"])
    record_act(actor, "cancel_run", locked, at=at)
    return locked


@transaction.atomic
def requeue(run: Run, *, codes: Collection[str], at: datetime) -> bool:
    """Queue a run anew that failed with one of these codes, with all its attempts.

    For a room that has made sure that it may.

    Returns:
        False if it is no longer so: then nothing was changed.
    """
    seat = seat_in(run.lane_id, claimant=run.claimant)
    failed = Run.objects.filter(pk=run.pk, status=RunStatus.FAILED)
    writes = Together()
    writes.update(
        failed.filter(failure_code__in=codes),
        **requeued(at),
        attempts=0,
        turn=seat.turn,
        queued_at=at,
        finished_at=None,
        heartbeat_at=None,
        cancel_requested_at=None,
        log_tail=[],
        log_lines=0,
        scorer_log_tail=[],
        failure_code="",
        failure_stage="",
        failure_message="",
        failure_rows=[],
        failure_row_count=0,
        usage=None,
        is_metered=False,
    )
    seat.take(writes)
    again = writes.run()[0]
    if again:
        run.refresh_from_db()
        transaction.on_commit(partial(dispatch.dispatch_one, run, now=at))
    return again == 1
