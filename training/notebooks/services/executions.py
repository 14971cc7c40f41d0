"""A person runs a job, and cancels a run; a schedule runs it for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Sum
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.catalog.whole_versions import release_version
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.metering.services import Most
from training.notebooks.models import Execution, ExecutionInput, Job, OutputFile
from training.notebooks.permissions import require_owner
from training.notebooks.plans import Bounds
from training.notebooks.services.jobs import (
    MOST_DATA_BYTES,
    MOST_DATA_FILES,
    require_offered,
)
from training.notebooks.sources import merged
from training.notebooks.timetables import next_after, timetable_of
from training.runs.models import LIVE
from training.runs.services import queue_run, request_cancel

MOST_AT_WORK = 3
MOST_KEPT = 20  # runs of a job; the oldest go
MOST_KEPT_BYTES = 5 * 2**30  # of files of a person's runs
TASK, QUEUE, GPU_QUEUE, LANE = "notebooks.work", "runs", "gpu", "notebooks"
AT_ONCE = 50  # of jobs that one sweep starts
PROCESSORS, STARTING_SECONDS = 2, 60  # as the runner's limits of a job have it


class TooManyExecutions(DomainError):
    code = "too_many_job_runs"


class OutputsFull(DomainError):
    code = "job_outputs_full"


@transaction.atomic
def start_job(
    actor: User,
    *,
    job: Job,
    bounds: Bounds,
    parameters: Mapping[str, Any] | None = None,
    is_scheduled: bool = False,
    asked_at: datetime,
) -> Execution:
    """Queue a run of a job as it is now, on its data as they are now.

    Args:
        actor: whose job it is; that they take the data is counted.
        job: what to run.
        bounds: what the operator gives today.
        parameters: instead of the job's own, by name.
        is_scheduled: nobody pressed a button.
        asked_at: now.

    Raises:
        PermissionDenied: it is another's.
        Malformed: a parameter or the environment cannot be; names the field.
        Http404, TakenDown, AccessRefused, RevisionNotFound: of a dataset that it reads.
        TooManyExecutions, OutputsFull: not now.
    """
    require_owner(actor, job)
    User.objects.select_for_update().get(pk=actor.pk)
    held = Job.objects.select_for_update().get(pk=job.pk)
    require_offered(held.environment, uses_gpu=held.uses_gpu, bounds=bounds)
    _require_room(actor)
    taken = _taken(actor, held, at=asked_at)
    latest = held.executions.aggregate(latest=Max("number"))["latest"] or 0
    execution = Execution.objects.create(
        job=held,
        number=latest + 1,
        run=queue_run(
            actor,
            task=TASK,
            queue=GPU_QUEUE if held.uses_gpu else QUEUE,
            queued_at=asked_at,
            lane=LANE,
            most=most_of(held, bounds=bounds),
        ),
        asked_at=asked_at,
        is_scheduled=is_scheduled,
        kind=held.kind,
        source=held.source,
        version=held.version,
        environment=held.environment,
        parameters=merged(held.parameters, parameters or {}),
        uses_gpu=held.uses_gpu,
        minutes=min(held.minutes, bounds.minutes),
        memory_mib=min(held.memory_mib, bounds.memory_mib),
    )
    for each in taken:
        each.execution = execution
    ExecutionInput.objects.bulk_create(taken)
    ended = held.executions.exclude(run__status__in=LIVE)
    ended.filter(number__lte=latest + 1 - MOST_KEPT).delete()
    record_act(actor, "start_job", held, at=asked_at, number=execution.number)
    return execution


def most_of(job: Job, *, bounds: Bounds) -> Most:
    """Return what a run of a job may take: its time, and that of two processors."""
    seconds = min(job.minutes, bounds.minutes) * 60
    return Most(
        cpu_seconds=seconds * PROCESSORS + STARTING_SECONDS,
        gpu_seconds=seconds + STARTING_SECONDS if job.uses_gpu else 0,
    )


@transaction.atomic
def cancel_execution(actor: User, *, execution: Execution, at: datetime) -> None:
    """Stop a run: at once if it waits, soon if a worker has it.

    Raises:
        PermissionDenied: it is another's.
        RunEnded: it is over.
    """
    require_owner(actor, execution.job)
    request_cancel(actor, run=execution.run, at=at)


def start_due(*, bounds: Bounds, now: datetime) -> int:
    """Start the jobs whose time has come; return how many were started.

    One whose last run is not over waits for its next turn, and of one that cannot start
    its owner is told why. Any number of sweeps may run at once.
    """
    due = Job.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    keys = list(due.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_start_due(key, bounds, now) for key in keys)


@transaction.atomic
def _start_due(key: UUID, bounds: Bounds, now: datetime) -> bool:
    due = Job.objects.filter(pk=key, next_at__lte=now).select_related("owner")
    job = due.select_for_update(of=("self",), skip_locked=True).first()
    if job is None:
        return False
    job.next_at = next_after(timetable_of(job), now)
    job.save(update_fields=["next_at"])
    if job.executions.filter(run__status__in=LIVE).exists():
        return False
    try:
        with transaction.atomic():
            start_job(
                job.owner, job=job, bounds=bounds, is_scheduled=True, asked_at=now
            )
    except (DomainError, Http404, PermissionDenied) as refusal:
        tell_failed(job, number=None, why=str(refusal), at=now)
        return False
    return True


def tell_failed(job: Job, *, number: int | None, why: str, at: datetime) -> None:
    """Tell the owner that a scheduled run failed, or could not begin."""
    happened = "could not begin" if number is None else "failed"
    path = reverse("training:job-detail", args=[job.pk])
    notify(
        [job.owner],
        kind=Letter.JOB,
        subject=f"A scheduled run of “{job.name}” {happened}",
        text=f"A scheduled run of “{job.name}” {happened}. {why}",
        path=path if number is None else f"{path}/runs/{number}",
        at=at,
    )


def _require_room(actor: User) -> None:
    own = Execution.objects.filter(job__owner=actor)
    if own.filter(run__status__in=LIVE).count() >= MOST_AT_WORK:
        raise TooManyExecutions(
            gettext(
                "%(most_at_work)s runs of your jobs are not over. Wait for one, or "
                "cancel one."
            )
            % {"most_at_work": MOST_AT_WORK}
        )
    files = OutputFile.objects.filter(execution__job__owner=actor)
    kept = files.aggregate(kept=Sum("blob__size_bytes"))["kept"] or 0
    if kept >= MOST_KEPT_BYTES:
        raise OutputsFull(
            gettext(
                "The files of your runs take %(value)s GiB, which is the most. Throw "
                "away a job that you need no longer."
            )
            % {"value": f"{kept / 2**30:.1f}"}
        )


def _taken(actor: User, job: Job, *, at: datetime) -> list[ExecutionInput]:
    """Take the data of a job for its owner; return which versions those are."""
    found, size, count = [], 0, 0
    for each in job.inputs.select_related("dataset__namespace", "dataset__work"):
        if each.dataset is None:
            raise Malformed(
                gettext("inputs: there is no %(address)s any more.")
                % {"address": each.address}
            )
        commit, files = release_version(
            actor, repository=each.dataset, revision=each.revision, at=at
        )
        size += sum(file.size_bytes for file in files)
        count += len(files)
        found.append(
            ExecutionInput(
                dataset=each.dataset, address=str(each.dataset), oid=commit.oid
            )
        )
    if size > MOST_DATA_BYTES or count > MOST_DATA_FILES:
        raise Malformed(
            gettext(
                "inputs: they have %(value)s MiB in %(count)s files; %(value_2)s MiB "
                "in %(most_data_files)s files is the most that a job reads."
            )
            % {
                "value": f"{size / 2**20:,.0f}",
                "count": f"{count:,}",
                "value_2": MOST_DATA_BYTES >> 20,
                "most_data_files": f"{MOST_DATA_FILES:,}",
            }
        )
    return found
