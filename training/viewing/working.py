"""Makes tables of a version in the sandbox, and keeps them. Only workers import it."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction

from marketplace.catalog.cards import CARD_BYTES, README, parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.queries import files_of
from marketplace.storage.queries import local_copy, open_blob
from marketplace.storage.services import store_stream
from marketplace.viewer.models import Conversion, State
from marketplace.viewer.queries import converted_before
from training.jobs import Containers, RunStopped, Stage, SubmissionFailed
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.inside.viewing.layout import Source, laid_out
from training.runner.viewing.converting import (
    Converted,
    Fault,
    File,
    Taking,
    convert,
)
from training.runner.viewing.counting import count
from training.runner.viewing.quality import SplitFiles, look_for_faults
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.viewing.keeping import Found, Made, keep
from training.viewing.services import CANCELLED, note_progress

VERSION = 1  # of what is made of the same files: raise it when they are to be read anew
MOST_FILES = 2_000_000
MOST_PART_BYTES = 2 * 2**30
TELL_EVERY_SECONDS = 2.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works, with what its operator decided: see `training.contests.evaluations`.

    Versions of more than `most_bytes` are not read; None means that all are.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    most_bytes: int | None = None
    allow_unsandboxed: bool = False
    containers: Containers | None = None


def work(run_id: uuid.UUID, *, worker: Worker) -> None:
    """Do the conversion that a run is for; nothing if it is not queued.

    No transaction is held while the sandbox works. A fault of ours escapes and leaves the
    lease to the reaper; a worker that is told to stop gives the run back.
    """
    lease = leases.claim(
        run_id, worker=worker.name, now=worker.clock(), term=worker.term
    )
    if lease is None:
        return
    asked = Conversion.objects.select_related("repository", "commit")
    conversion = asked.get(run_id=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            begun = time.monotonic()
            found = _found(conversion, pulse, worker)
        except RunStopped:
            is_ended = False
        except SystemExit:
            leases.release(lease, now=worker.clock())
            raise
        else:
            seconds = round(time.monotonic() - begun, 3)
            with transaction.atomic():
                is_ended = _end(lease, found, pulse, worker, seconds=seconds)
                if is_ended:
                    keep(conversion, found, at=worker.clock())
        if not is_ended:  # as its owner asked, perhaps at the last moment
            with transaction.atomic():
                is_ended = leases.cancel(
                    lease, now=worker.clock(), log_tail=pulse.log_tail
                )
                if is_ended:
                    Conversion.objects.filter(pk=conversion.pk).update(
                        state=State.FAILED, cause=CANCELLED, ended_at=worker.clock()
                    )
    if not is_ended:
        log.warning("lease_lost")


def _end(
    lease: leases.Lease,
    found: Found,
    pulse: Heartbeat,
    worker: Worker,
    *,
    seconds: float,
) -> bool:
    why = found.why
    usage = {"wall_seconds": seconds}
    if why is None:
        return leases.complete(
            lease,
            now=worker.clock(),
            usage=usage,
            log_tail=pulse.log_tail,
            last=pulse.last,
        )
    failure = leases.Failure(why["code"], why["sentence"], Stage.READ.value)
    return leases.fail(
        lease,
        now=worker.clock(),
        failure=failure,
        log_tail=pulse.log_tail,
        usage=usage,
    )


def _found(conversion: Conversion, pulse: Heartbeat, worker: Worker) -> Found:
    """Read a version.

    Raises:
        RunStopped: it is to stop.
    """
    repository, commit = conversion.repository, conversion.commit
    entries = list(files_of(repository, revision=commit)[: MOST_FILES + 1])
    files = {
        entry.path: File(entry.path, entry.size_bytes, entry.content.sha256)
        for entry in entries
    }
    sources = laid_out(files, _configs(files))
    found = Found(digest_of(sources, files))
    used = {path for one in sources for path in (*one.paths, *one.metadata)}
    total_bytes = sum(files[path].size_bytes for path in used)
    Conversion.objects.filter(pk=conversion.pk).update(
        state=State.RUNNING, digest=found.digest, total_bytes=total_bytes, done_bytes=0
    )
    found.same = converted_before(found.digest)
    if found.same is not None or not sources:
        return found
    if worker.most_bytes is not None and total_bytes > worker.most_bytes:
        found.cause = Fault(
            "too_large",
            f"Its files have {total_bytes / 2**30:,.1f} GiB, and this site makes tables of "
            f"{worker.most_bytes / 2**30:,.1f} GiB at most. The files themselves are as "
            "they were.",
        )
        return found
    try:
        sandbox = _sandbox(worker)
    except SubmissionFailed as missing:
        found.cause = Fault(missing.code, missing.message)
        return found
    reading = _Reading(conversion, files, sandbox, pulse, worker)
    found.made = [reading.made(source) for source in sources]
    reading.look_over(found.made)
    return found


def digest_of(sources: Sequence[Source], files: Mapping[str, File]) -> str:
    """Return a digest of what is read, by path and content, and how it is laid out."""
    told = [
        [
            *(VERSION, one.config, one.split, one.form, one.labels, one.is_guessed),
            [[path, files[path].key] for path in one.paths],
            [[path, files[path].key] for path in one.metadata],
        ]
        for one in sources
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _configs(files: Mapping[str, File]) -> Any:
    """Return what the card of a version says of its configs; nothing if it is no card."""
    readme = files.get(README)
    if readme is None or readme.size_bytes > CARD_BYTES:
        return None
    with open_blob(readme.key) as source:
        content = source.read()
    try:
        return parse_card(content).data.get("configs")
    except BadCard:
        return None


class _Reading:
    """Reads the sources of one version, one after another."""

    def __init__(
        self,
        conversion: Conversion,
        files: Mapping[str, File],
        sandbox: Sandbox,
        pulse: Heartbeat,
        worker: Worker,
    ) -> None:
        self._conversion = conversion
        self._files = files
        self._sandbox = sandbox
        self._pulse = pulse
        self._worker = worker
        self._before = 0  # bytes of the sources that are read
        self._told_at = 0.0

    def made(self, source: Source) -> Made:
        """Read one source, and count the tables that came of it.

        Raises:
            RunStopped: it is to stop.
        """
        pulse = self._pulse
        pulse.write_log(f"Reading {source.config}/{source.split}.")
        names = (*source.paths, *source.metadata)
        size_bytes = sum(self._files[path].size_bytes for path in names)
        outcome = convert(
            source,
            self._files,
            lend=local_copy,
            taking=Taking(self._store, self._progress),
            sandbox=self._sandbox,
            stop=pulse.stop,
            on_log=pulse.write_log,
        )
        made = Made(source, size_bytes, outcome)
        for table in outcome.tables:
            made.statistics.append(self._counted(table))
        if outcome.fault is not None:
            pulse.write_log(outcome.fault.sentence)
        self._before += size_bytes
        self._told_at = 0.0
        self._progress(0)
        return made

    def look_over(self, made: Sequence[Made]) -> None:
        """Look for what would mislead in all tables at once; else say why in the log.

        Raises:
            RunStopped: it is to stop.
        """
        tables = [table for one in made for table in one.outcome.tables]
        if not tables:
            return
        found: Sequence[list[dict[str, Any]] | None] = [None] * len(tables)
        self._pulse.write_log("Looking for leaks, copies and what else would mislead.")
        with ExitStack() as held:
            splits = [
                SplitFiles(
                    *(table.config, table.split, table.rows, table.bytes_in_memory),
                    table.features,
                    held.enter_context(_lent([part.key for part in table.parts])),
                )
                for table in tables
            ]
            try:
                found = look_for_faults(
                    splits,
                    sandbox=self._sandbox,
                    stop=self._pulse.stop,
                    on_log=self._pulse.write_log,
                )
            except SubmissionFailed as fault:
                self._pulse.write_log(fault.message)
                log.warning("not_looked_over", why=fault.message)
        told = iter(found)
        for one in made:
            one.quality = [next(told) for _ in one.outcome.tables]

    def _store(self, path: Path) -> str:
        with path.open("rb") as part:
            blob = store_stream(
                part, stored_at=self._worker.clock(), limit_bytes=MOST_PART_BYTES
            )
        return blob.pk

    def _progress(self, done_bytes: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            note_progress(self._conversion, done_bytes=self._before + done_bytes)

    def _counted(self, table: Converted) -> list[dict[str, Any]] | None:
        """Return the statistics of a table; None, told in the log, if there are none."""
        with _lent([part.key for part in table.parts]) as paths:
            try:
                return count(
                    paths,
                    table.features,
                    rows=table.rows,
                    sandbox=self._sandbox,
                    stop=self._pulse.stop,
                    on_log=self._pulse.write_log,
                )
            except SubmissionFailed as fault:
                self._pulse.write_log(fault.message)
                log.warning("not_counted", why=fault.message, split=table.split)
                return None


@contextmanager
def _lent(digests: Sequence[str]) -> Iterator[list[Path]]:
    with ExitStack() as held:
        yield [held.enter_context(local_copy(digest)) for digest in digests]


def _sandbox(worker: Worker) -> Sandbox:
    try:
        return choose_sandbox(
            risk=Risk.TABLES,
            allow_unsandboxed=worker.allow_unsandboxed,
            python=worker.python,
            containers=worker.containers,
        )
    except SandboxUnavailable as missing:
        raise SubmissionFailed(
            "sandbox_unavailable",
            "No worker can read files safely at the moment, so there are no tables. The "
            "operator sees what is missing.",
            stage=Stage.LOAD,
        ) from missing
