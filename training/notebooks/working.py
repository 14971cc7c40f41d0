"""Runs jobs in the sandbox, and keeps what they leave. Only workers import it."""

import io
import uuid
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404

from marketplace.catalog.whole_versions import release_version
from marketplace.kit.errors import DomainError
from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_many
from training.jobs import MIB, Containers, RunStopped, Stage, SubmissionFailed
from training.notebooks.models import (
    STANDARD,
    EnvironmentReport,
    Execution,
    OutputFile,
)
from training.notebooks.services import tell_failed
from training.runner import SandboxUnavailable, choose_sandbox
from training.runner.environments import installed_in
from training.runner.own_jobs import MountedData, OwnJob, Ran, run_own_job
from training.runner.sandbox.spec import Sandbox
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works. `term` is that of its leases; `python` the interpreter of jobs.

    `environments` are the operator's, by name. Where `allow_unsandboxed`, as in tests, no
    sandbox will do; `containers` hold jobs instead of this machine's own walls.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    environments: Mapping[str, Path] = field(default_factory=dict)
    cpu_hour_minor: int = 0
    allow_unsandboxed: bool = False
    containers: Containers | None = None

    def python_of(self, environment: str) -> Path | None:
        return self.environments.get(environment, self.python)


def work(run_id: uuid.UUID, *, worker: Worker) -> None:
    """Do the execution that a run is for; nothing if it is not queued.

    No transaction is held while the sandbox works. A fault of ours escapes and leaves the
    lease to the reaper; a worker that is told to stop gives the run back.
    """
    lease = leases.claim(
        run_id, worker=worker.name, now=worker.clock(), term=worker.term
    )
    if lease is None:
        return
    execution = Execution.objects.select_related("job__owner", "run").get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            ran = _ran(execution, pulse, worker)
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            is_ended = _fail(execution, lease, fault, pulse, worker)
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            is_ended = _keep(execution, lease, ran, pulse, worker)
        if not is_ended:  # as its owner asked, perhaps at the last moment
            is_ended = leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
    if not is_ended:
        log.warning("lease_lost")


def report_environments(worker: Worker) -> None:
    """Tell the site what jobs may import on this machine."""
    for name in (STANDARD, *worker.environments):
        found = installed_in(
            worker.python_of(name), has_everything=name in worker.environments
        )
        EnvironmentReport.objects.update_or_create(
            name=name,
            defaults={
                "python": found.python,
                "libraries": [list(each) for each in found.libraries],
                "told_at": worker.clock(),
            },
        )


def _ran(execution: Execution, pulse: Heartbeat, worker: Worker) -> Ran:
    sandbox = _sandbox(execution, worker)
    pulse.enter("READ")
    with ExitStack() as stack:

        def lent(blob: str) -> Path:
            return stack.enter_context(local_copy(blob))

        job = OwnJob(
            lent(execution.source_id),
            is_notebook=execution.is_notebook,
            seconds=execution.minutes * 60.0,
            memory_bytes=execution.memory_mib * MIB,
            parameters=execution.parameters,
            data=[
                MountedData(address, [(path, lent(blob)) for path, blob in files])
                for address, files in _data(execution, at=worker.clock())
            ],
            gpu=execution.uses_gpu,
            has_everything=execution.environment in worker.environments,
        )
        pulse.enter("RUN")
        ran = run_own_job(job, sandbox=sandbox, stop=pulse.stop, on_log=pulse.write_log)
    return replace(ran, usage=ran.usage.priced(worker.cpu_hour_minor))


def _sandbox(execution: Execution, worker: Worker) -> Sandbox:
    name = execution.environment
    if name != STANDARD and name not in worker.environments:
        raise SubmissionFailed(
            "no_environment",
            f"This worker has no environment {name!r}. Choose another, or tell the "
            "operator.",
            stage=Stage.LOAD,
        )
    try:
        return choose_sandbox(
            allow_unsandboxed=worker.allow_unsandboxed,
            python=worker.python_of(name),
            containers=worker.containers,
        )
    except SandboxUnavailable as missing:
        raise SubmissionFailed(
            "sandbox_unavailable",
            "No worker can run code safely at the moment, so yours was not run. The "
            "operator sees what is missing.",
            stage=Stage.LOAD,
        ) from missing


def _data(
    execution: Execution, *, at: datetime
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what the run reads: addresses, with paths and blobs of their files.

    Whoever lost access since the run was queued is refused here.
    """
    found = []
    for each in execution.inputs.select_related("dataset__namespace", "dataset__work"):
        if each.dataset is None:
            message = f"There is no {each.address} any more."
            raise SubmissionFailed("data_refused", message, stage=Stage.READ)
        try:
            _, files = release_version(
                execution.job.owner,
                repository=each.dataset,
                revision=each.oid,
                at=at,
                is_taken=False,
            )
        except (DomainError, Http404, PermissionDenied) as refusal:
            message = f"{each.address} cannot be read: {refusal}"
            raise SubmissionFailed(
                "data_refused", message[:1000], stage=Stage.READ
            ) from refusal
        named = [(file.path, file.content.pk) for file in files]
        found.append((each.address, named))
    return found


def _fail(
    execution: Execution,
    lease: Lease,
    fault: SubmissionFailed,
    pulse: Heartbeat,
    worker: Worker,
    *,
    usage: dict[str, Any] | None = None,
) -> bool:
    now = worker.clock()
    failure = leases.Failure(fault.code, fault.message, fault.stage.value)
    with transaction.atomic():
        is_ours = leases.fail(
            lease, now=now, failure=failure, log_tail=pulse.log_tail, usage=usage
        )
        if is_ours and execution.is_scheduled:
            number, job = execution.number, execution.job
            tell_failed(job, number=number, why=fault.message, at=now)
    return is_ours


def _keep(
    execution: Execution, lease: Lease, ran: Ran, pulse: Heartbeat, worker: Worker
) -> bool:
    """Store what a run left, and end it, if it is still ours."""
    pulse.enter("KEEP")
    kept = _stored(ran, at=worker.clock())
    usage = asdict(ran.usage)
    with transaction.atomic():
        if ran.fault is None:
            is_ours = leases.complete(
                lease,
                now=worker.clock(),
                usage=usage,
                log_tail=pulse.log_tail,
                last=pulse.last,
            )
        else:
            is_ours = _fail(execution, lease, ran.fault, pulse, worker, usage=usage)
        if is_ours:
            OutputFile.objects.bulk_create(
                OutputFile(execution=execution, path=path, blob=kept[path])
                for path in ran.files
            )
            Execution.objects.filter(pk=execution.pk).update(
                **{name: kept[f"/{name}"] for name in PARTS if f"/{name}" in kept}
            )
    return is_ours


PARTS = ("notebook", "log", "archive")


def _stored(ran: Ran, *, at: datetime) -> dict[str, Blob]:
    """Return blobs of the files by path, and of each part that there is by “/” and name."""
    contents = dict(ran.files)
    if ran.notebook is not None:
        contents["/notebook"] = ran.notebook
    if ran.log:
        contents["/log"] = ran.log.encode()
    if ran.files:
        contents["/archive"] = _zipped(ran.files)
    blobs = store_many(list(contents.values()), stored_at=at)
    return dict(zip(contents, blobs, strict=True))


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue()
