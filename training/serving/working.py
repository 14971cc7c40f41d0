"""Answers what was asked: has the model run in the walls. Only workers import it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import F

from licensing.services import record_use
from marketplace.storage.queries import local_copy
from training.jobs import Containers, RunStopped, Stage, SubmissionFailed
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.serving.answering import Answered, Brought, answer
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease
from training.serving.models import DailyUse, Prediction
from training.serving.queries import Called, NotServed, called_at

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers. `term` is that of its leases; `python` the interpreter of jobs.

    Where `allow_unsandboxed`, as in tests, no sandbox will do; `containers` hold jobs
    instead of this machine's own walls.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    allow_unsandboxed: bool = False
    containers: Containers | None = None

    def sandbox(self) -> Sandbox:
        try:
            return choose_sandbox(
                risk=Risk.CODE,
                allow_unsandboxed=self.allow_unsandboxed,
                python=self.python,
                containers=self.containers,
            )
        except SandboxUnavailable as missing:
            raise SubmissionFailed(
                "sandbox_unavailable",
                "No worker can run models safely at the moment. The operator sees what is "
                "missing.",
                stage=Stage.LOAD,
            ) from missing


def work(run_id: uuid.UUID, *, server: Server) -> None:
    """Answer the prediction that a run is for; nothing if it is not queued.

    No transaction is held while the sandbox works. A fault of ours escapes and leaves the
    lease to the reaper.
    """
    lease = leases.claim(
        run_id, worker=server.name, now=server.clock(), term=server.term
    )
    if lease is None:
        return
    prediction = Prediction.objects.select_related(
        "repository__work", "commit", "caller"
    ).get(run=run_id)
    with Heartbeat(lease, clock=server.clock) as pulse:
        try:
            told = _answered(prediction, server, pulse.stop)
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            failure = leases.Failure(fault.code, fault.message, fault.stage.value)
            is_ended = leases.fail(lease, now=server.clock(), failure=failure)
        except SystemExit:
            leases.release(lease, now=server.clock())
            raise
        else:
            is_ended = _kept(prediction, told, lease, at=server.clock())
        if not is_ended:  # as who asked wished, perhaps at the last moment
            is_ended = leases.cancel(lease, now=server.clock())
    if is_ended:
        Prediction.objects.filter(pk=prediction.pk).update(asked=b"")
    else:
        log.warning("lease_lost")


def _answered(
    prediction: Prediction, server: Server, stop: Callable[[], bool]
) -> Answered:
    try:
        called = called_at(prediction)
    except NotServed as gone:
        raise SubmissionFailed(gone.code, str(gone), stage=Stage.LOAD) from gone
    with _brought(called) as brought:
        return answer(
            brought,
            bytes(prediction.asked),
            signature=called.signature,
            file=called.file,
            sandbox=server.sandbox(),
            stop=stop,
        )


@contextmanager
def _brought(called: Called) -> Iterator[Brought]:
    with local_copy(called.model) as model:
        if called.calibration is None:
            yield Brought(model)
            return
        with local_copy(called.calibration) as calibration:
            yield Brought(model, calibration)


@transaction.atomic
def _kept(
    prediction: Prediction, told: Answered, lease: Lease, *, at: datetime
) -> bool:
    """Write the answer down and count it, if the run is still ours."""
    usage = {
        "wall_seconds": round(told.wall_seconds, 3),
        "cpu_seconds": round(told.cpu_seconds, 3),
    }
    if not leases.complete(lease, now=at, usage=usage):
        return False
    Prediction.objects.filter(pk=prediction.pk).update(
        answers=list(told.answers), asked=b""
    )
    day = DailyUse.objects.filter(
        repository=prediction.repository, account=prediction.account_id, day=at.date()
    )
    counted = {
        "requests": F("requests") + 1,
        "inputs": F("inputs") + prediction.input_count,
        "unknown": F("unknown") + sum(bool(one["unknown"]) for one in told.answers),
        "cpu_ms": F("cpu_ms") + round(told.cpu_seconds * 1000),
    }
    if not day.update(**counted):
        fresh = DailyUse(
            repository=prediction.repository,
            account_id=prediction.account_id,
            day=at.date(),
        )
        DailyUse.objects.bulk_create([fresh], ignore_conflicts=True)
        day.update(**counted)
    if prediction.is_metered and prediction.caller is not None:
        record_use(prediction.caller, work=prediction.repository.work, at=at)
    return True
