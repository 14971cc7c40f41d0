"""Celery's side of contests: score an attempt, prepare drafts, look over the boards."""

import uuid

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from marketplace.kit.clock import database_now
from marketplace.kit.inspections import note_inspection
from training.contests import boards
from training.contests.bundle_runs import run_import
from training.contests.comparing import TASK
from training.contests.evaluations import Worker, evaluate
from training.contests.models import Contest
from training.contests.pairing import pair_board, pair_final
from training.contests.preparing import prepare_waiting
from training.contests.services import carry_due, runnable_formats, take_commits
from training.contests.telling import tell_of_windows
from training.runs.dispatch import sweep
from training.runs.models import RunStatus

log = structlog.get_logger(__name__)


@shared_task(name="contests.evaluate", bind=True)
def evaluate_run(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Score one attempt on this worker. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        evaluate(uuid.UUID(run_id), worker=_worker(self))
        pair_boards_of(uuid.UUID(run_id))
    sweep(database_now())  # so that a free hand waits for no clock


@shared_task(name="contests.prepare_drafts", bind=True)
def prepare_drafts(self: "Task[..., None]", **_from_newer_senders: object) -> None:
    """Look at the tables that hosts chose, and cut contests from them."""
    prepare_waiting(worker=_worker(self))


def _worker(task: "Task[..., None]") -> Worker:
    return Worker(
        name=task.request.hostname or "",
        term=settings.STOA.lease,
        allow_unsandboxed=settings.STOA.allow_unsandboxed,
        runs_torch_programs=settings.STOA.run_torch_programs,
        python=settings.STOA.sandbox_python,
        containers=settings.STOA.containers,
        cpu_hour_minor=settings.STOA.cpu_hour_minor,
        clock=database_now,
    )


@shared_task(name="contests.import_bundle", bind=True)
def import_bundle(
    self: "Task[..., None]", *, run_id: str, **_from_newer_senders: object
) -> None:
    """Make drafts of one bundle. Delivering it twice is harmless."""
    with structlog.contextvars.bound_contextvars(run_id=run_id):
        run_import(
            uuid.UUID(run_id),
            worker=self.request.hostname or "",
            term=settings.STOA.lease,
            clock=database_now,
        )
    sweep(database_now())


@shared_task(name="contests.carry_submissions")
def carry_submissions(**_from_newer_senders: object) -> None:
    """Carry each team's best into phases that have opened since."""
    carry_due(at=database_now())


@shared_task(name="contests.take_commits")
def take_uploads(**_from_newer_senders: object) -> None:
    """Make submissions of what teams committed to their repositories."""
    switched_on = runnable_formats(runs_torch_programs=settings.STOA.run_torch_programs)
    if take_commits(now=database_now(), switched_on=switched_on):
        sweep(database_now())


@shared_task(name="contests.audit_boards")
def audit_boards(**_from_newer_senders: object) -> None:
    """Compare every board with the exact query and mend what differs."""
    faults = 0
    for contest_id in Contest.objects.values_list("pk", flat=True):
        if differing := boards.audit(contest_id, at=timezone.now()):
            log.error("board_differed", contest=str(contest_id), rows=differing)
            pair_board(contest_id)
            faults += 1
    note_inspection("boards", faults=faults, at=timezone.now())


@shared_task(name=TASK)
def compare_board(*, contest_id: str, **_from_newer_senders: object) -> None:
    """Compare a board that changed, and the final edition, by losses of single rows."""
    pair_board(uuid.UUID(contest_id))
    pair_final(uuid.UUID(contest_id))


@shared_task(name="contests.tell_of_windows")
def tell_entrants(**_from_newer_senders: object) -> None:
    """Tell entrants of contests and phases that opened, or close soon."""
    tell_of_windows(at=timezone.now())


def pair_boards_of(run_id: uuid.UUID) -> None:
    """Compare the board that a run has just changed, once its score is written."""
    changed = Contest.objects.filter(
        submissions__attempts__run=run_id,
        submissions__attempts__run__status=RunStatus.SUCCEEDED,
        submissions__attempts__scorer_version=F("scorer_version"),
    )
    for contest_id in changed.values_list("pk", flat=True):
        pair_board(contest_id)
