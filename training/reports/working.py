"""Works reports out, and says what follows from them. Only workers import it."""

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction

from marketplace.storage.queries import local_copy
from training.backbones import NONE_PLACED, Backbone, Placed
from training.figures.asked import Asked
from training.figures.gates import Thresholds
from training.figures.judging import is_blocked, is_clear, judged
from training.figures.schema import Figures
from training.jobs import Containers, RunStopped, Stage, SubmissionFailed
from training.reports.folders import is_unpacked, packed
from training.reports.models import Report, State
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.reports.cases import Files
from training.runner.reports.checking import check
from training.runner.studio.encoding import required, required_tuned
from training.runs import leases
from training.runs.heartbeat import Heartbeat

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works, with what its operator decided: see `training.contests.evaluations`."""

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    lines: Thresholds
    allow_unsandboxed: bool = False
    containers: Containers | None = None
    placed: Placed = NONE_PLACED


def work(run_id: uuid.UUID, *, worker: Worker) -> None:
    """Work out the report that a run is for; nothing if it is not queued.

    No transaction is held while the sandbox works. A fault of ours escapes and leaves the
    lease to the reaper; a worker that is told to stop gives the run back.
    """
    lease = leases.claim(
        run_id, worker=worker.name, now=worker.clock(), term=worker.term
    )
    if lease is None:
        return
    report = Report.objects.get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            begun = time.monotonic()
            figures = _figures(report, pulse, worker)
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            is_ended = leases.fail(
                lease,
                now=worker.clock(),
                failure=leases.Failure(fault.code, fault.message, fault.stage.value),
                log_tail=pulse.log_tail,
            )
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            usage = {"wall_seconds": round(time.monotonic() - begun, 3)}
            with transaction.atomic():
                is_ended = leases.complete(
                    lease,
                    now=worker.clock(),
                    usage=usage,
                    log_tail=pulse.log_tail,
                    last=pulse.last,
                )
                if is_ended:
                    told = told_of(figures, lines=worker.lines, at=worker.clock())
                    Report.objects.filter(pk=report.pk).update(**told)
        if not is_ended:  # as its owner asked, perhaps at the last moment
            is_ended = leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
    if not is_ended:
        log.warning("lease_lost")


def told_of(figures: Figures, *, lines: Thresholds, at: datetime) -> dict[str, Any]:
    """Return the columns of a report that has been worked out."""
    findings = judged(figures, lines)
    state = State.CHECKED
    if is_blocked(findings):
        state = State.BLOCKED
    elif is_clear(findings):
        state = State.CLEARED
    return {
        "state": state,
        "figures": figures.model_dump(mode="json"),
        "findings": [one.model_dump(mode="json") for one in findings],
        "thresholds": lines.model_dump(),
        "checked_at": at,
    }


def _figures(report: Report, pulse: Heartbeat, worker: Worker) -> Figures:
    if report.table_id is None:
        raise ValueError(f"report {report.pk} has no table to look at")
    asked = Asked.model_validate(report.asked)
    with ExitStack() as held:

        def here(blob_id: str | None) -> Path | None:
            return None if blob_id is None else held.enter_context(local_copy(blob_id))

        files = Files(
            model=held.enter_context(local_copy(str(report.model_id))),
            table=held.enter_context(local_copy(_table(report, pulse, worker))),
            learning=here(report.learning_id),
            test=here(report.test_id),
            newer=here(_newer(report, asked, pulse, worker)),
            backbone=_backbone(asked, worker, here),
        )
        return check(
            asked,
            files,
            sandbox=_sandbox(worker),
            stop=pulse.stop,
            on_log=pulse.write_log,
        )


def _table(report: Report, pulse: Heartbeat, worker: Worker) -> str:
    """Return the content that rows are read from; a folder of pictures is packed once."""
    with local_copy(str(report.table_id)) as source:
        if not is_unpacked(report.asked.get("path", ""), source):
            return str(report.table_id)
        report.table = packed(source, clock=worker.clock, stop=pulse.stop)
    report.save(update_fields=["table"])
    return str(report.table_id)


def _newer(
    report: Report, asked: Asked, pulse: Heartbeat, worker: Worker
) -> str | None:
    """Return the content of a newer version; a folder of pictures is packed once."""
    if report.newer_id is None:
        return None
    with local_copy(str(report.newer_id)) as source:
        if is_unpacked(asked.newer_form, source):
            report.newer = packed(source, clock=worker.clock, stop=pulse.stop)
            report.save(update_fields=["newer"])
    return str(report.newer_id)


def _backbone(
    asked: Asked, worker: Worker, here: Callable[[str], Path | None]
) -> Backbone | None:
    """Return what the model learnt from beside its rows: it was placed, or made of that."""
    if not asked.backbone:
        return None
    model = here(asked.backbone) if asked.tuned_from else None
    if model is None:
        return required(worker.placed, asked.backbone)
    return required_tuned(
        worker.placed, model, sha256=asked.backbone, tuned_from=asked.tuned_from
    )


def _sandbox(worker: Worker) -> Sandbox:
    try:
        return choose_sandbox(
            risk=Risk.CODE,
            allow_unsandboxed=worker.allow_unsandboxed,
            python=worker.python,
            containers=worker.containers,
        )
    except SandboxUnavailable as missing:
        raise SubmissionFailed(
            "sandbox_unavailable",
            "No worker can open models safely at the moment, so this one was not looked "
            "at. The operator sees what is missing.",
            stage=Stage.LOAD,
        ) from missing
