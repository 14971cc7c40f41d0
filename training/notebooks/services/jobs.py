"""A person makes jobs, changes them, and throws them away."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind
from marketplace.catalog.whole_versions import release_version
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.services import store_bytes
from training.notebooks.models import Job, JobInput, Schedule, SourceKind
from training.notebooks.permissions import require_owner
from training.notebooks.plans import Bounds, JobPlan
from training.notebooks.sources import checked_parameters, kind_of, tagged_parameters
from training.notebooks.timetables import checked_timetable, next_after, timetable_of
from training.runs.models import LIVE

MOST_JOBS = 100
MOST_INPUTS = 10
MOST_DATA_BYTES = 512 * 2**20
MOST_DATA_FILES = 5_000
LEAST_MEMORY_MIB = 256


class TooManyJobs(DomainError):
    code = "too_many_jobs"


class JobAtWork(DomainError):
    code = "job_at_work"


def create_job(actor: User, *, plan: JobPlan, bounds: Bounds, at: datetime) -> Job:
    """Make a job; nothing runs yet.

    Raises:
        Malformed: a part of the plan cannot be; names the field.
        Http404, TakenDown, AccessRefused, RevisionNotFound: see `release_version`.
        TooManyJobs: `actor` has the most there may be.
    """
    if plan.source is None:
        raise Malformed(gettext("source: choose a notebook or a Python script."))
    _check(actor, plan, bounds, at=at)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        if Job.objects.filter(owner=actor).count() >= MOST_JOBS:
            raise TooManyJobs(
                gettext("You have %(most_jobs)s jobs. Throw one away first.")
                % {"most_jobs": MOST_JOBS}
            )
        job = Job(owner=actor, made_at=at)
        _put(job, plan, at=at)
        job.save(force_insert=True)
        _put_inputs(job, plan)
        record_act(actor, "create_job", job, at=at, kind=job.kind)
    return job


def edit_job(
    actor: User, *, job: Job, plan: JobPlan, bounds: Bounds, at: datetime
) -> Job:
    """Change a job. Runs that were begun keep what they began with.

    Raises:
        PermissionDenied: it is another's.
        Malformed, Http404, TakenDown, AccessRefused, RevisionNotFound: see `create_job`.
    """
    require_owner(actor, job)
    _check(actor, plan, bounds, at=at)
    with transaction.atomic():
        held = Job.objects.select_for_update().get(pk=job.pk)
        _put(held, plan, at=at)
        held.save()
        held.inputs.all().delete()
        _put_inputs(held, plan)
        record_act(actor, "edit_job", held, at=at, version=held.version)
    return held


@transaction.atomic
def delete_job(actor: User, *, job: Job, at: datetime) -> None:
    """Throw a job away with all its runs. What was published from them stays.

    Raises:
        PermissionDenied: it is another's.
        JobAtWork: a run of it waits or is with a worker.
    """
    require_owner(actor, job)
    held = Job.objects.select_for_update().get(pk=job.pk)
    if held.executions.filter(run__status__in=LIVE).exists():
        raise JobAtWork(
            gettext("A run of it is not over. Cancel that first, or wait for it.")
        )
    record_act(actor, "delete_job", held, at=at, kind=held.kind)
    held.delete()


@transaction.atomic
def pause_schedule(actor: User, *, job: Job, at: datetime) -> Job:
    """Stop a job from running by itself, until `resume_schedule`.

    Raises:
        PermissionDenied: it is another's.
        Malformed: it has no schedule.
    """
    held = _scheduled(actor, job)
    held.next_at = None
    held.save(update_fields=["next_at"])
    record_act(actor, "pause_schedule", held, at=at)
    return held


@transaction.atomic
def resume_schedule(actor: User, *, job: Job, at: datetime) -> Job:
    """Have a job run by itself again, from its next turn on.

    Raises:
        PermissionDenied, Malformed: see `pause_schedule`.
    """
    held = _scheduled(actor, job)
    held.next_at = next_after(timetable_of(held), at)
    held.save(update_fields=["next_at"])
    record_act(actor, "resume_schedule", held, at=at)
    return held


def _scheduled(actor: User, job: Job) -> Job:
    require_owner(actor, job)
    held = Job.objects.select_for_update().get(pk=job.pk)
    if held.schedule == Schedule.NEVER:
        raise Malformed(
            gettext("schedule: the job has none. Change the job to give it one.")
        )
    return held


def _check(actor: User, plan: JobPlan, bounds: Bounds, *, at: datetime) -> None:
    if not plan.name.strip() or not plan.name.isprintable():
        raise Malformed(gettext("name: give the job a name."))
    if not 1 <= plan.minutes <= bounds.minutes:
        raise Malformed(
            gettext("minutes: choose 1 to %(minutes)s.") % {"minutes": bounds.minutes}
        )
    if not LEAST_MEMORY_MIB <= plan.memory_mib <= bounds.memory_mib:
        raise Malformed(
            gettext("memory_mib: choose %(least_memory_mib)s to %(memory_mib)s MiB.")
            % {"least_memory_mib": LEAST_MEMORY_MIB, "memory_mib": bounds.memory_mib}
        )
    require_offered(plan.environment, uses_gpu=plan.uses_gpu, bounds=bounds)
    named = [str(each.dataset) for each in plan.inputs]
    if len(named) > MOST_INPUTS:
        raise Malformed(
            gettext("inputs: %(most_inputs)s datasets are the most.")
            % {"most_inputs": MOST_INPUTS}
        )
    if len(set(named)) < len(named):
        raise Malformed(gettext("inputs: name each dataset once."))
    for each in plan.inputs:
        if each.dataset.kind != Kind.DATASET:
            raise Malformed(gettext("inputs: a job reads datasets."))
        release_version(
            actor,
            repository=each.dataset,
            revision=each.revision,
            at=at,
            is_taken=False,
        )


def require_offered(environment: str, *, uses_gpu: bool, bounds: Bounds) -> None:
    """Return if the operator offers what a job is to run in.

    Raises:
        Malformed: they do not, or no longer.
    """
    if environment not in bounds.environments:
        listed = ", ".join(bounds.environments)
        raise Malformed(
            gettext("environment: choose one of %(listed)s.") % {"listed": listed}
        )
    if uses_gpu and not bounds.has_gpu:
        raise Malformed(
            gettext("uses_gpu: there are no graphics cards here. Run it without.")
        )


def _put(job: Job, plan: JobPlan, *, at: datetime) -> None:
    was, timetable = timetable_of(job), checked_timetable(plan.timetable)
    parameters = plan.parameters
    if plan.source is not None:
        job.kind = kind_of(plan.source, filename=plan.filename)
        kept = store_bytes(plan.source, stored_at=at)
        if job.source_id not in {None, kept.pk}:
            job.version += 1
        job.source = kept
        if job.kind == SourceKind.NOTEBOOK and not parameters:
            parameters = tagged_parameters(plan.source)
    job.name = plan.name.strip()
    job.environment, job.uses_gpu = plan.environment, plan.uses_gpu
    job.minutes, job.memory_mib = plan.minutes, plan.memory_mib
    job.parameters = checked_parameters(parameters)
    job.schedule, job.zone = timetable.schedule, timetable.zone
    job.at_time, job.weekday = timetable.at_time, timetable.weekday
    if timetable != was:
        job.next_at = next_after(timetable, at)
    job.edited_at = at


def _put_inputs(job: Job, plan: JobPlan) -> None:
    JobInput.objects.bulk_create(
        JobInput(
            job=job,
            dataset=each.dataset,
            address=str(each.dataset),
            revision=each.revision,
        )
        for each in plan.inputs
    )
