"""Answers what was asked: has the model run in the walls. Only workers import it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
from django.db import transaction
from django.db.models import F

from licensing.services import record_use
from marketplace.catalog.queries.trees import entry_at
from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_bytes
from training.backbones import NONE_PLACED, Placed
from training.jobs import Containers, Described, RunStopped, Stage, SubmissionFailed
from training.reports.folders import is_unpacked, packed
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.serving.answering import Answered, Brought, Encoding, answer
from training.runner.serving.calibrating import Known, calibrate
from training.runner.serving.describing import describe
from training.runner.studio.encoding import required
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease
from training.serving.drafts import kind_of
from training.serving.models import DailyUse, Prediction, SignatureDraft
from training.serving.queries import Called, NotServed, called_at, said_beside
from training.signatures import CALIBRATION, Signature, Takes

log = structlog.get_logger(__name__)
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers. `term` is that of its leases; `python` the interpreter of jobs.

    Where `allow_unsandboxed`, as in tests, no sandbox will do; `containers` hold jobs
    instead of this machine's own walls; `placed` are models that the operator placed.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    allow_unsandboxed: bool = False
    containers: Containers | None = None
    placed: Placed = NONE_PLACED

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
    lease = _claimed(run_id, server)
    if lease is None:
        return
    prediction = Prediction.objects.select_related(
        "repository__work", "commit", "caller"
    ).get(run=run_id)
    is_ended = _carried_out(
        lease,
        server,
        doing=partial(_answered, prediction, server),
        keeping=partial(_kept, prediction, lease),
    )
    if is_ended:
        Prediction.objects.filter(pk=prediction.pk).update(asked=b"")


def read_model(run_id: uuid.UUID, *, server: Server) -> None:
    """Read how a model's file says it is called; nothing if the run is not queued.

    No transaction is held while the sandbox works.
    """
    lease = _claimed(run_id, server)
    if lease is None:
        return
    draft = SignatureDraft.objects.select_related("repository", "commit").get(
        run=run_id
    )
    _carried_out(
        lease,
        server,
        doing=partial(_described, draft, server),
        keeping=partial(_written_down, draft, lease),
    )


def calibrate_model(run_id: uuid.UUID, *, server: Server) -> None:
    """Work out when a model does not know; nothing if the run is not queued.

    No transaction is held while the sandbox works.
    """
    lease = _claimed(run_id, server)
    if lease is None:
        return
    draft = SignatureDraft.objects.select_related("repository", "commit").get(
        run=run_id
    )
    _carried_out(
        lease,
        server,
        doing=partial(_calibrated, draft, server),
        keeping=partial(_calibration_kept, draft, lease),
    )


def _claimed(run_id: uuid.UUID, server: Server) -> Lease | None:
    return leases.claim(
        run_id, worker=server.name, now=server.clock(), term=server.term
    )


def _carried_out(
    lease: Lease,
    server: Server,
    *,
    doing: Callable[[Callable[[], bool]], Done],
    keeping: Callable[[datetime, Done], bool],
) -> bool:
    """Do a run's work and keep what came of it; return whether the run has ended."""
    with Heartbeat(lease, clock=server.clock) as pulse:
        try:
            told = doing(pulse.stop)
        except RunStopped:
            is_ended = False
        except SubmissionFailed as fault:
            failure = leases.Failure(fault.code, fault.message, fault.stage.value)
            is_ended = leases.fail(lease, now=server.clock(), failure=failure)
        except SystemExit:
            leases.release(lease, now=server.clock())
            raise
        else:
            is_ended = keeping(server.clock(), told)
        if not is_ended:  # as who asked wished, perhaps at the last moment
            is_ended = leases.cancel(lease, now=server.clock())
    if not is_ended:
        log.warning("lease_lost")
    return is_ended


def _described(
    draft: SignatureDraft, server: Server, stop: Callable[[], bool]
) -> Described:
    kind = kind_of(draft.path)
    if kind is None:
        raise ValueError(f"{draft.path} is of no kind that answers")
    with local_copy(_digest_of(draft)) as model:
        found = describe(model, kind=kind, sandbox=server.sandbox(), stop=stop)
    beside = said_beside(draft)
    return replace(
        found,
        classes=found.classes or beside.classes,
        mean=beside.mean,
        deviation=beside.deviation,
    )


def _digest_of(draft: SignatureDraft) -> str:
    entry = entry_at(draft.repository, revision=draft.commit, path=draft.path)
    if entry is None or entry.blob is None or entry.blob.quarantined_at:
        message = f"“{draft.path[:200]}” is not there any more."
        raise SubmissionFailed("not_served", message, stage=Stage.LOAD)
    return str(entry.blob_id)


def _calibrated(
    draft: SignatureDraft, server: Server, stop: Callable[[], bool]
) -> bytes:
    signature = Signature.from_json(draft.signature or {})
    _pack(draft, server, stop)
    with (
        local_copy(_digest_of(draft)) as model,
        local_copy(str(draft.table_id)) as table,
    ):
        return calibrate(
            model,
            _known(draft, signature, table),
            signature=signature,
            sandbox=server.sandbox(),
            stop=stop,
        )


def _known(draft: SignatureDraft, signature: Signature, table: Path) -> Known:
    if signature.takes is Takes.IMAGE:
        return Known(table)
    *names, column = draft.names
    taken = names or [one.name for one in signature.columns]
    return Known(table, draft.form, tuple(taken), column)


def _pack(draft: SignatureDraft, server: Server, stop: Callable[[], bool]) -> None:
    """Put the contents of a folder of pictures into a zip, once."""
    with local_copy(str(draft.table_id)) as source:
        if not is_unpacked(draft.form, source):
            return
        draft.table = packed(source, clock=server.clock, stop=stop)
    draft.save(update_fields=["table"])


def _calibration_kept(
    draft: SignatureDraft, lease: Lease, at: datetime, told: bytes
) -> bool:
    """Keep a calibration with what was worded, if the run is still ours."""
    blob = store_bytes(told, stored_at=at)
    with transaction.atomic():
        if not leases.complete(lease, now=at, usage={}):
            return False
        held = SignatureDraft.objects.filter(pk=draft.pk, run=lease.run_id)
        held.update(
            calibration=blob,
            table=None,
            signature={**(draft.signature or {}), "calibration": CALIBRATION},
        )
    return True


@transaction.atomic
def _written_down(
    draft: SignatureDraft, lease: Lease, at: datetime, told: Described
) -> bool:
    """Write down what a file says, if the run is still ours."""
    if not leases.complete(lease, now=at, usage={}):
        return False
    held = SignatureDraft.objects.filter(pk=draft.pk, run=lease.run_id)
    held.update(described=asdict(told))
    return True


def _answered(
    prediction: Prediction, server: Server, stop: Callable[[], bool]
) -> Answered:
    try:
        called = called_at(prediction)
    except NotServed as gone:
        raise SubmissionFailed(gone.code, str(gone), stage=Stage.LOAD) from gone
    with _brought(called, server.placed) as brought:
        return answer(
            brought,
            bytes(prediction.asked),
            signature=called.signature,
            file=called.file,
            sandbox=server.sandbox(),
            stop=stop,
        )


@contextmanager
def _brought(called: Called, placed: Placed) -> Iterator[Brought]:
    with ExitStack() as held:

        def here(blob_id: str) -> Path:
            return held.enter_context(local_copy(blob_id))

        encoder, backbone = called.signature.encoder, None
        if encoder is not None and called.holds_encoder:
            tokenizer = encoder.tokenizer_sha256
            backbone = Encoding(
                here(encoder.sha256), here(tokenizer) if tokenizer else None
            )
        elif encoder is not None:
            found = required(placed, encoder.sha256)
            backbone = Encoding(found.model, found.tokenizer)
        calibration = called.calibration
        yield Brought(
            here(called.model), here(calibration) if calibration else None, backbone
        )


@transaction.atomic
def _kept(prediction: Prediction, lease: Lease, at: datetime, told: Answered) -> bool:
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
