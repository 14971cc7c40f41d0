"""Does the steps of projects: looks, trains, keeps, judges. Only workers import it."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from django.db import transaction

from marketplace.metering.services import BudgetUsedUp
from marketplace.storage.queries import local_copy
from training.cutting import form_of
from training.jobs import RunStopped, SubmissionFailed
from training.reports.folders import is_unpacked, packed
from training.reports.services import TooManyReports
from training.runner.cutting import look_at
from training.runner.studio.preparing import look_at_images
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.studio.bench import Bench, Found, Worker
from training.studio.finishing import judge_step, keep_step
from training.studio.models import Project, Step
from training.studio.reporting import ask_for_project
from training.studio.telling import tell_trained
from training.studio.trying import chosen_so_far, train_step

log = structlog.get_logger(__name__)


def work(run_id: uuid.UUID, *, worker: Worker) -> None:
    """Do the step that a run is for; nothing if it is not queued.

    No transaction is held while the sandbox works. A fault of ours escapes and leaves the
    lease to the reaper; a worker that is told to stop gives the run back.
    """
    lease = leases.claim(
        run_id, worker=worker.name, now=worker.clock(), term=worker.term
    )
    if lease is None:
        return
    project = Project.objects.select_related("owner").get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            begun = time.monotonic()
            found = _STEPS[Step(project.step)](project, Bench(lease, pulse, worker))
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            is_ended = _fail(lease, project, fault, pulse, worker.clock())
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            seconds = time.monotonic() - begun
            is_ended = _complete(lease, project, found, seconds, pulse, worker.clock())
        if not is_ended:  # as its owner asked, perhaps at the last moment
            is_ended = leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
            if is_ended and project.step == Step.TRAIN:
                Project.objects.filter(pk=project.pk).update(**chosen_so_far(project))
    if not is_ended:
        log.warning("lease_lost")


def _fail(
    lease: leases.Lease,
    project: Project,
    fault: SubmissionFailed,
    pulse: Heartbeat,
    now: datetime,
) -> bool:
    failure = leases.Failure(fault.code, fault.message, fault.stage.value)
    with transaction.atomic():
        is_ours = leases.fail(lease, now=now, failure=failure, log_tail=pulse.log_tail)
        if is_ours and project.step == Step.TRAIN:
            tell_trained(project, said=fault.message, at=now)
    return is_ours


def _complete(
    lease: leases.Lease,
    project: Project,
    found: Found,
    seconds: float,
    pulse: Heartbeat,
    now: datetime,
) -> bool:
    with transaction.atomic():
        is_ours = leases.complete(
            lease,
            now=now,
            usage={"wall_seconds": round(seconds, 3)},
            log_tail=pulse.log_tail,
            last=pulse.last,
        )
        if is_ours:
            Project.objects.filter(pk=project.pk).update(**found)
            if project.step == Step.TRAIN:
                tell_trained(project, said=_outcome(found), at=now)
            _report(project, now)
    return is_ours


def _outcome(found: Found) -> str:
    if not found["beats_baseline"]:
        return "This data does not support a prediction yet. Its page says more."
    return "A model is recommended. Look at what was tried, and keep one."


def _report(project: Project, now: datetime) -> None:
    """Have a model that was judged looked at; its owner can ask later, if not now."""
    if project.step == Step.JUDGE:
        with suppress(TooManyReports, BudgetUsedUp), transaction.atomic():
            ask_for_project(project.owner, project=project, at=now)


def look(project: Project, bench: Bench) -> Found:
    if project.has_pictures:
        return _look_at_pictures(project, bench)
    with local_copy(project.table_id) as table:
        facts = look_at(
            table,
            form=form_of(project.path),
            sandbox=bench.sandbox,
            whole_bytes=bench.whole_bytes,
            stop=bench.pulse.stop,
        )
    bench.write(f"{facts.rows:,} rows, {len(facts.columns):,} columns.")
    if facts.sample is not None:
        bench.write(facts.sample.told)
    return {"facts": facts.as_json()}


def _look_at_pictures(project: Project, bench: Bench) -> Found:
    found: Found = {}
    with local_copy(project.table_id) as source:
        if is_unpacked(project.path, source):
            zipped = packed(source, clock=bench.clock, stop=bench.pulse.stop)
            found["table"], source_id = zipped, zipped.pk
        else:
            source_id = project.table_id
    with local_copy(source_id) as pictures:
        facts = look_at_images(pictures, sandbox=bench.sandbox, stop=bench.pulse.stop)
    bench.write(f"{facts.images:,} pictures of {len(facts.classes):,} classes.")
    return found | {"facts": facts.as_json()}


_STEPS: dict[Step, Callable[[Project, Bench], Found]] = {
    Step.LOOK: look,
    Step.TRAIN: train_step,
    Step.KEEP: keep_step,
    Step.JUDGE: judge_step,
}
