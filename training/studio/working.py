"""Does the steps of projects: looks, trains, keeps, judges. Only workers import it.

Training is one candidate after another, each in a run of the sandbox that ends with what
is left of the budget; what is fitted is written down at once, so that a worker that is
lost, a pause or a wish to stop costs no more than the one at work.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_bytes
from training.cutting import form_of
from training.jobs import MIB, Containers, Limits, RunStopped, SubmissionFailed
from training.learning import (
    ENSEMBLE,
    FIXED,
    Candidate,
    LearningPlan,
)
from training.runner import Risk, Sandbox, choose_sandbox
from training.runner.cutting import look_at
from training.runner.studio.bundling import Provenance, bundle_of
from training.runner.studio.choosing import (
    beats_baseline,
    drawn_candidate,
    ensemble_of,
    recommended,
)
from training.runner.studio.facts import Fitted, Kept, PreparedFacts
from training.runner.studio.fitting import fit, packed, unpacked
from training.runner.studio.keeping import judge, keep
from training.runner.studio.preparing import prepare
from training.runner.studio.recalibration import temperature_for
from training.runs import leases
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease
from training.runs.models import Run
from training.studio.models import Project, Step, Trial

MOST_SEARCHED = 40
LEAST_SECONDS = 3.0  # of budget that make another candidate worth its start
GRACE_SECONDS = 20.0  # for what is needed at all, however little was given
MEMORY_BYTES = 4096 * MIB
AFTERWARDS = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=900, wall_seconds=900.0)

log = structlog.get_logger(__name__)
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works. `term` is that of its leases; `python` the interpreter of jobs.

    Where `allow_unsandboxed`, as in tests, no sandbox will do; `containers` hold jobs
    instead of this machine's own walls.
    """

    name: str
    term: timedelta
    python: Path | None
    clock: Callable[[], datetime]
    allow_unsandboxed: bool = False
    containers: Containers | None = None


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
    project = Project.objects.get(run=run_id)
    with Heartbeat(lease, clock=worker.clock) as pulse:
        try:
            begun = time.monotonic()
            found = _STEPS[Step(project.step)](project, _Bench(lease, pulse, worker))
        except RunStopped:
            is_ours = leases.cancel(lease, now=worker.clock(), log_tail=pulse.log_tail)
        except SubmissionFailed as fault:
            is_ours = leases.fail(
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
                is_ours = leases.complete(
                    lease,
                    now=worker.clock(),
                    usage=usage,
                    log_tail=pulse.log_tail,
                    last=pulse.last,
                )
                if is_ours:
                    Project.objects.filter(pk=project.pk).update(**found)
    if not is_ours:
        log.warning("lease_lost")


class _Bench:
    """What a step works with: its lease, its pulse, and the sandbox."""

    def __init__(self, lease: Lease, pulse: Heartbeat, worker: Worker) -> None:
        self.lease, self.pulse, self.clock = lease, pulse, worker.clock
        self.sandbox: Sandbox = choose_sandbox(
            risk=Risk.TABLES,  # tables are data, and the learners ours
            allow_unsandboxed=worker.allow_unsandboxed,
            python=worker.python,
            containers=worker.containers,
        )

    def write(self, line: str) -> None:
        self.pulse.write_log(line)

    def require_lease(self) -> None:
        """Return if the run is still ours; call it inside a transaction.

        Raises:
            RunStopped: it is not, or is to stop.
        """
        held = Run.objects.held(self.lease.run_id, token=self.lease.token)
        if not held.select_for_update().exists():
            raise RunStopped


def _look(project: Project, bench: _Bench) -> Found:
    with local_copy(project.table_id) as table:
        facts = look_at(
            table,
            form=form_of(project.path),
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    bench.write(f"{facts.rows:,} rows, {len(facts.columns):,} columns.")
    return {"facts": facts.as_json()}


@dataclass(frozen=True, slots=True)
class _Ready:
    """A project whose table is prepared: the plan, what was told, and both files."""

    plan: LearningPlan
    facts: PreparedFacts
    learning: str
    test: str


def _ready(project: Project) -> _Ready:
    plan, told = project.learning_plan, project.prepared
    learning, test = project.learning_id, project.test_id
    if plan is None or told is None or learning is None or test is None:
        raise ValueError(f"the table of project {project.pk} was never prepared")
    return _Ready(plan, PreparedFacts.from_json(told), learning, test)


def _train(project: Project, bench: _Bench) -> Found:
    plan = project.learning_plan
    if plan is None:
        raise ValueError(f"project {project.pk} is to train and has no plan")
    if project.prepared is None:
        _prepare(project, plan, bench)
    ready = _ready(project)
    with local_copy(ready.learning) as learning:
        for place, candidate in _untried(project, plan, bench):
            _try(project, candidate, place, learning, ready, bench)
        return _chosen(project, learning, ready.facts)


def _prepare(project: Project, plan: LearningPlan, bench: _Bench) -> None:
    bench.pulse.enter("PREPARE")
    with local_copy(project.table_id) as table:
        ready = prepare(
            table,
            form=form_of(project.path),
            plan=plan,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    project.learning, project.test = (
        store_bytes(content, stored_at=bench.clock())
        for content in (ready.learning, ready.test)
    )
    project.prepared = ready.facts.as_json()
    with transaction.atomic():
        bench.require_lease()
        project.save(update_fields=["learning", "test", "prepared"])
    learning, validation, test = ready.facts.counts
    bench.write(
        f"{learning:,} rows to learn from, {validation:,} to validate on, {test:,} kept "
        "for the test."
    )


def _untried(
    project: Project, plan: LearningPlan, bench: _Bench
) -> Iterator[tuple[int, Candidate]]:
    """Yield what to try next while the budget lasts: the fixed list, then drawn ones."""
    tried = set(project.trials.values_list("key", flat=True))
    fixed = [Candidate(name, plan.seed) for name in FIXED]
    drawn = [drawn_candidate(plan.seed, number) for number in range(MOST_SEARCHED)]
    for place, candidate in enumerate([*fixed, *drawn]):
        if candidate.key in tried:
            continue
        if place > 1 and project.left_seconds < LEAST_SECONDS:
            bench.write("The budget is spent.")
            return
        if bench.pulse.stop():
            raise RunStopped
        yield place, candidate


def _try(
    project: Project,
    candidate: Candidate,
    place: int,
    learning: Path,
    ready: _Ready,
    bench: _Bench,
) -> None:
    bench.pulse.enter(candidate.learner[:20])
    left = max(project.left_seconds, GRACE_SECONDS if place < 2 else 0.0)
    limits = Limits(
        memory_bytes=MEMORY_BYTES, cpu_seconds=int(left) + 1, wall_seconds=left
    )
    begun = time.monotonic()
    fitted, fault = None, ""
    try:
        fitted = fit(
            learning,
            candidate,
            plan=ready.plan,
            facts=ready.facts,
            limits=limits,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    except SubmissionFailed as refused:
        fault = refused.message
    project.spent_seconds += time.monotonic() - begun
    trial = Trial(
        project=project,
        key=candidate.key,
        learner=candidate.learner,
        seed=candidate.seed,
        settings=[list(each) for each in candidate.settings],
        place=place,
        fault=fault[:1000],
        tried_at=bench.clock(),
    )
    if fitted is not None:
        trial.answers = _stored(packed(fitted), bench.clock)
        trial.scores = [asdict(score) for score in fitted.scores]
        trial.seconds, trial.ms_per_row = fitted.seconds, fitted.ms_per_row
        trial.size_bytes = fitted.size_bytes
    with transaction.atomic():
        bench.require_lease()
        trial.save()
        project.save(update_fields=["spent_seconds"])
    bench.write(_told(trial, fitted))


def _told(trial: Trial, fitted: Fitted | None) -> str:
    if fitted is None:
        return f"{trial.title}: {trial.fault}"
    first = fitted.scores[0]
    return (
        f"{trial.title}: {first.name} {first.value:.4g} ({first.low:.4g} to "
        f"{first.high:.4g}) in {trial.seconds:.1f} s"
    )


def _chosen(project: Project, learning: Path, facts: PreparedFacts) -> Found:
    """Weigh an ensemble and say which candidate to take."""
    found, learners = _fitted(project, learning, facts)
    weights: dict[str, float] = {}
    if len(found) > 1:
        weights, joined = ensemble_of(found, learning, facts=facts)
        if len(weights) > 1:
            found[ENSEMBLE], learners[ENSEMBLE] = joined, ENSEMBLE
    return {
        "weights": weights if len(weights) > 1 else {},
        "ensemble_scores": (
            [asdict(score) for score in found[ENSEMBLE].scores]
            if ENSEMBLE in found
            else None
        ),
        "recommended": recommended(found, learners),
        "beats_baseline": beats_baseline(found, learners),
    }


def _fitted(
    project: Project, learning: Path, facts: PreparedFacts
) -> tuple[dict[str, Fitted], dict[str, str]]:
    found, learners = {}, {}
    for trial in project.trials.exclude(answers=None):
        with local_copy(str(trial.answers_id)) as answers:
            found[trial.key] = unpacked(answers.read_bytes(), learning, facts=facts)
        learners[trial.key] = trial.learner
    return found, learners


def _keep(project: Project, bench: _Bench) -> Found:
    ready = _ready(project)
    trials = {trial.key: trial for trial in project.trials.exclude(answers=None)}
    members = {trials[key].candidate: float(weight) for key, weight in project.members}
    with local_copy(ready.learning) as learning:
        kept = keep(
            learning,
            members,
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
        found, _ = _fitted(project, learning, ready.facts)
        weights = {key: float(weight) for key, weight in project.members}
        temperature = temperature_for(found, weights, learning, facts=ready.facts)
    bench.write(f"The model takes {len(kept.model) / MIB:.1f} MiB.")
    project.temperature = temperature
    return {
        "model": _stored(kept.model, bench.clock),
        "types": list(kept.types),
        "bundle": _bundled(project, kept, ready, None, bench),
        "temperature": temperature,
        "kept_at": bench.clock(),
    }


def _bundled(
    project: Project,
    kept: Kept,
    ready: _Ready,
    scores: list[dict[str, Any]] | None,
    bench: _Bench,
) -> Blob:
    provenance = Provenance(
        members=tuple((str(key), float(weight)) for key, weight in project.members),
        temperature=project.temperature,
        scores=scores,
        source=f"{project.path}, SHA-256 {project.table_id}",
    )
    with local_copy(ready.learning) as learning, local_copy(ready.test) as test:
        content = bundle_of(
            kept,
            plan=ready.plan,
            facts=ready.facts,
            learning=learning,
            test=test,
            provenance=provenance,
        )
    return _stored(content, bench.clock)


def _judge(project: Project, bench: _Bench) -> Found:
    ready = _ready(project)
    with local_copy(str(project.model_id)) as model, local_copy(ready.test) as test:
        judged = judge(
            model,
            test,
            temperature=project.temperature,
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
        kept = Kept(model.read_bytes(), tuple(project.types))
    scores = [asdict(score) for score in judged.scores]
    return {
        "test_scores": scores,
        "speed": dict(judged.speed),
        "bundle": _bundled(project, kept, ready, scores, bench),
    }


def _stored(content: bytes, clock: Callable[[], Any]) -> Blob:
    return store_bytes(content, stored_at=clock())


_STEPS: dict[Step, Callable[[Project, _Bench], Found]] = {
    Step.LOOK: _look,
    Step.TRAIN: _train,
    Step.KEEP: _keep,
    Step.JUDGE: _judge,
}
