"""What the steps of a project work with. Only workers import it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy, open_blob
from marketplace.storage.services import store_bytes
from training.backbones import NONE_PLACED, Placed
from training.cutting import MOST_TABLE_BYTES
from training.jobs import MIB, Containers, RunStopped, Stage, SubmissionFailed
from training.learning import LearningPlan
from training.runner import Risk, Sandbox, SandboxUnavailable, choose_sandbox
from training.runner.cores import cores_given
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.fitting import unpacked
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease
from training.runs.models import Run
from training.studio.models import Project

MEMORY_BYTES = 4096 * MIB
MOST_AT_ONCE = 4
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works. `term` is that of its leases; `python` the interpreter of jobs.

    It was given hands for runs `at_once`, each of one thread. Where `allow_unsandboxed`,
    as in tests, no sandbox will do; `containers` hold jobs instead of this machine's own
    walls; `placed` are models that the operator placed. A table of more than
    `whole_bytes` is sampled. `larger_python` is the interpreter that has AutoGluon, where
    the worker has one.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    allow_unsandboxed: bool = False
    containers: Containers | None = None
    at_once: int = 1
    whole_bytes: int = MOST_TABLE_BYTES
    larger_python: Path | None = None
    placed: Placed = NONE_PLACED


def hands_of(concurrency: int) -> int:
    """Return how many runs a step may have at once: its share of the worker's cores."""
    return max(1, min(MOST_AT_ONCE, cores_given() // concurrency))


class Bench:
    """What a step works with: its lease, its pulse, and the sandbox."""

    def __init__(self, lease: Lease, pulse: Heartbeat, worker: Worker) -> None:
        self.lease, self.pulse, self.clock = lease, pulse, worker.clock
        self.at_once, self.whole_bytes = worker.at_once, worker.whole_bytes
        self._worker = worker
        self.placed = worker.placed
        self._writing = threading.Lock()
        try:
            self.sandbox: Sandbox = choose_sandbox(
                risk=Risk.TABLES,  # tables are data, and the learners ours
                allow_unsandboxed=worker.allow_unsandboxed,
                python=worker.python,
                containers=worker.containers,
            )
        except SandboxUnavailable as missing:
            raise SubmissionFailed(
                "sandbox_unavailable",
                "No worker can read tables safely at the moment, so yours was not read. "
                "The operator sees what is missing.",
                stage=Stage.READ,
            ) from missing

    def larger_sandbox(self) -> Sandbox:
        """Return a sandbox of the interpreter that has AutoGluon; its models are programs.

        Raises:
            SubmissionFailed: this worker has none.
        """
        worker = self._worker
        message = "No worker with AutoGluon did this training; the operator sees why."
        if worker.larger_python is None or worker.containers is not None:
            raise SubmissionFailed("no_autogluon", message, stage=Stage.RUN)
        try:
            return choose_sandbox(risk=Risk.CODE, python=worker.larger_python)
        except (SandboxUnavailable, RuntimeIncomplete) as missing:
            raise SubmissionFailed(
                "no_autogluon", message, stage=Stage.RUN
            ) from missing

    def write(self, line: str) -> None:
        """Tell whoever waits; runs that are at work at once may."""
        with self._writing:
            self.pulse.write_log(line)

    def require_lease(self) -> None:
        """Return if the run is still ours; call it inside a transaction.

        Raises:
            RunStopped: it is not, or is to stop.
        """
        held = Run.objects.held(self.lease.run_id, token=self.lease.token)
        if not held.select_for_update().exists():
            raise RunStopped

    def put_down(self, project: Project, checkpoint: bytes) -> None:
        """Write down where a network goes on, so that a lost worker costs a slice.

        Raises:
            RunStopped: the run is not ours, or is to stop.
        """
        project.checkpoint = stored(checkpoint, self.clock)
        with transaction.atomic():
            self.require_lease()
            project.save(update_fields=["spent_seconds", "checkpoint"])


@dataclass(frozen=True, slots=True)
class Ready:
    """A project whose table is prepared: the plan, what was told, and both files."""

    plan: LearningPlan
    facts: PreparedFacts
    learning: str
    test: str


def ready_of(project: Project) -> Ready:
    plan, told = project.learning_plan, project.prepared
    learning, test = project.learning_id, project.test_id
    if plan is None or told is None or learning is None or test is None:
        raise ValueError(f"the table of project {project.pk} was never prepared")
    return Ready(plan, PreparedFacts.from_json(told), learning, test)


def fitted_in(
    project: Project, learning: Path, facts: PreparedFacts
) -> tuple[dict[str, Fitted], dict[str, str]]:
    found, learners = {}, {}
    for trial in project.trials.exclude(answers=None):
        with local_copy(str(trial.answers_id)) as answers:
            found[trial.key] = unpacked(answers.read_bytes(), learning, facts=facts)
        learners[trial.key] = trial.learner
    return found, learners


def checkpoint_of(project: Project) -> bytes:
    """Return where a network of a project goes on, empty if none was put down."""
    if project.checkpoint_id is None:
        return b""
    with open_blob(project.checkpoint_id) as file:
        return file.read()


def stored(content: bytes, clock: Callable[[], Any]) -> Blob:
    return store_bytes(content, stored_at=clock())
