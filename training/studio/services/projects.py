"""A person trains on a table: begins, chooses, presses train, pauses, goes on."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.metering.services import Most
from training.learning import TUNED
from training.runs.models import LIVE, Run
from training.runs.queries import GPU, LARGE, has_worker_of, larger_tier
from training.runs.services import queue_run, request_cancel
from training.studio.models import Project, Step
from training.studio.permissions import require_owner
from training.studio.services.choices import Choice, check_budget, plan_of
from training.studio.services.sources import source_of

MOST_AT_WORK = 3
MOST_AHEAD = timedelta(days=30)
TASK, QUEUE = "studio.work", "runs"
STEP_SECONDS = 900  # what a step may take beside the time it is given


class AtWork(DomainError):
    code = "project_at_work"


class TooManyProjects(DomainError):
    code = "too_many_projects"


def begin_project(
    actor: User, *, dataset: Repository, path: str, asked_at: datetime
) -> Project:
    """Have a table or the pictures of a dataset looked at, as they are now.

    Args:
        actor: who trains; may take the dataset's bytes.
        dataset: visible to `actor`.
        path: at the newest version, of a file in one of `training.cutting.FORMS`, or of
            a zip or a folder (with a slash at its end) that has a folder of pictures for
            each class.
        asked_at: now.

    Raises:
        Http404, AccessRefused, NoSuchFile: see `release_file`.
        Malformed: it is nothing that can be learnt from, or too large.
        TooManyProjects: `actor` has several being worked on.
    """
    if dataset.kind != Kind.DATASET:
        raise Malformed(gettext("dataset: a model learns from a dataset."))
    source = source_of(actor, dataset=dataset, path=path, asked_at=asked_at)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        _require_room(actor)
        project = Project.objects.create(
            owner=actor,
            dataset=dataset,
            path=path,
            table=source,
            asked_at=asked_at,
            run=_queued(actor, QUEUE, seconds=STEP_SECONDS, at=asked_at),
        )
        record_act(actor, "begin_project", project, at=asked_at, path=path)
    return project


@transaction.atomic
def train(
    actor: User, *, project: Project, choice: Choice, asked_at: datetime
) -> Project:
    """Train as chosen; what was tried before is thrown away, and the test is new rows.

    What is to begin later waits without a run: see `start_due`.

    Raises:
        PermissionDenied: it is another's.
        AtWork: a worker has it, or it was never looked at.
        Malformed: the choice does not fit the table; names the field.
        TooManyProjects: `actor` has several being worked on.
    """
    held = held_by(actor, project)
    if held.facts is None:
        raise AtWork(gettext("It has not been looked at yet; load the page again."))
    _check_start(choice.starts_at, asked_at=asked_at)
    plan = plan_of(choice, held.table_facts or held.image_facts)
    if plan.larger and not larger_tier(now=asked_at):
        raise Malformed(
            gettext(
                "larger: no worker of this site has AutoGluon at the moment. Train "
                "without it."
            )
        )
    if plan.tunes and not has_worker_of(GPU, now=asked_at):
        raise Malformed(
            gettext(
                "learners: no worker of this site fine-tunes at the moment. Train "
                "without it."
            )
        )
    held.trials.all().delete()
    fresh = Project(pk=held.pk)
    for name in MADE_BY_TRAINING:
        setattr(held, name, getattr(fresh, name))
    held.plan, held.budget_seconds = plan.as_json(), choice.budget_seconds
    held.step, held.starts_at = Step.TRAIN, choice.starts_at
    held.save(
        update_fields=[
            *("plan", "budget_seconds", "step", "starts_at"),
            *MADE_BY_TRAINING,
        ]
    )
    if choice.starts_at is None:
        set_to_work(actor, held, Step.TRAIN, at=asked_at)
    record_act(actor, "train", held, at=asked_at, predicts=choice.target)
    return held


MADE_BY_TRAINING = (
    *("spent_seconds", "prepared", "learning", "test", "weights", "ensemble_scores"),
    *("recommended", "beats_baseline", "curve", "kept", "members", "model", "types"),
    *("encoder", "checkpoint", "bundle", "policy"),
    *("recalibration", "kept_at", "test_opened_at", "test_scores", "speed"),
)


@transaction.atomic
def pause(actor: User, *, project: Project, at: datetime) -> None:
    """Stop the worker, or let be what was to start later.

    What was tried is kept, and what is left of the budget too.

    Raises:
        PermissionDenied: it is another's.
        RunEnded: nothing is being done.
    """
    require_owner(actor, project)
    held = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if held.starts_at is None:
        request_cancel(actor, run=held.run, at=at)
        return
    held.starts_at = None
    held.save(update_fields=["starts_at"])
    record_act(actor, "unschedule_training", held, at=at)


@transaction.atomic
def go_on(
    actor: User, *, project: Project, more_seconds: int = 0, asked_at: datetime
) -> Project:
    """Train on with what is left of the budget, and more of it if wished.

    Raises:
        PermissionDenied: it is another's.
        AtWork: a worker has it, or training was never begun.
        Malformed: `more_seconds` is no budget.
        TooManyProjects: `actor` has several being worked on.
    """
    held = held_by(actor, project)
    if held.plan is None or held.model_id is not None:
        raise AtWork(
            gettext("There is no training to go on with; load the page again.")
        )
    if more_seconds:
        check_budget(more_seconds, field="more_seconds")
        held.budget_seconds += more_seconds
        held.save(update_fields=["budget_seconds"])
    set_to_work(actor, held, Step.TRAIN, at=asked_at)
    return held


@transaction.atomic
def do_again(actor: User, *, project: Project, asked_at: datetime) -> Project:
    """Do the step that failed or was stopped once more.

    Raises:
        PermissionDenied: it is another's.
        AtWork: a worker has it.
        TooManyProjects: `actor` has several being worked on.
    """
    held = held_by(actor, project)
    set_to_work(actor, held, Step(held.step), at=asked_at)
    return held


@transaction.atomic
def discard_project(actor: User, *, project: Project, at: datetime) -> None:
    """Throw a project away. A model that was published from it stays.

    Raises:
        PermissionDenied: it is another's.
        AtWork: a worker has it.
    """
    held = held_by(actor, project)
    record_act(actor, "discard_project", held, at=at, path=held.path)
    held.delete()


def held_by(actor: User, project: Project) -> Project:
    """Return the project locked, at rest.

    Raises:
        PermissionDenied: it is another's.
        AtWork: a worker has it.
    """
    require_owner(actor, project)
    held = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if held.run.is_live:
        raise AtWork(gettext("A worker has it at the moment. Wait, or stop it first."))
    return held


def set_to_work(actor: User, project: Project, step: Step, *, at: datetime) -> None:
    """Queue a step of a project that is held; it waits for no other time.

    To train with AutoGluon waits for a worker that has it, and what fine-tunes a placed
    model for one of the queue `gpu`; the other steps do not.

    Raises:
        TooManyProjects: `actor` has several being worked on.
        BudgetUsedUp: it may cost more than is left of their budget.
    """
    _require_room(actor)
    seconds = STEP_SECONDS + (project.left_seconds if step == Step.TRAIN else 0)
    run = _queued(actor, _queue_of(project, step), seconds=seconds, at=at)
    project.step, project.run, project.starts_at = step, run, None
    project.save(update_fields=["step", "run", "starts_at"])


def _queue_of(project: Project, step: Step) -> str:
    plan = project.learning_plan
    if step == Step.TRAIN and plan is not None:
        return LARGE if plan.larger else GPU if plan.tunes else QUEUE
    tunes = step == Step.KEEP and any(key == TUNED for key, _ in project.members)
    return GPU if tunes else QUEUE


def _require_room(actor: User) -> None:
    if (
        Project.objects.filter(owner=actor, run__status__in=LIVE).count()
        >= MOST_AT_WORK
    ):
        raise TooManyProjects(
            gettext(
                "%(most_at_work)s of your projects are being worked on. Wait for "
                "one, or stop one."
            )
            % {"most_at_work": MOST_AT_WORK}
        )


def _queued(actor: User, queue: str, *, seconds: float, at: datetime) -> Run:
    return queue_run(
        actor,
        task=TASK,
        queue=queue,
        queued_at=at,
        lane="studio" if queue == QUEUE else f"studio-{queue}",
        most=Most(cpu_seconds=seconds, gpu_seconds=seconds if queue == GPU else 0),
    )


def _check_start(starts_at: datetime | None, *, asked_at: datetime) -> None:
    if starts_at is not None and not asked_at < starts_at <= asked_at + MOST_AHEAD:
        raise Malformed(
            gettext("starts_at: give a time to come, %(days)s days ahead at most.")
            % {"days": MOST_AHEAD.days}
        )
