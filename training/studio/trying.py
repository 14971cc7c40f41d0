"""Trains: one candidate after another while the budget lasts. Only workers import it.

Each is a run of the sandbox that ends with what is left of the budget; what is fitted is
written down at once, so that a worker that is lost, a pause or a wish to stop costs no
more than the one at work.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from django.db import transaction

from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_bytes
from training.cutting import form_of
from training.jobs import Limits, RunStopped, SubmissionFailed
from training.learning import ENSEMBLE, FIXED, Candidate, LearningPlan
from training.runner.studio.choosing import (
    beats_baseline,
    drawn_candidate,
    ensemble_of,
    recommended,
)
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.fitting import fit, packed
from training.runner.studio.preparing import prepare
from training.studio.bench import (
    MEMORY_BYTES,
    Bench,
    Found,
    Ready,
    fitted_in,
    ready_of,
    stored,
)
from training.studio.models import Project, Trial

MOST_SEARCHED = 40
LEAST_SECONDS = 3.0  # of budget that make another candidate worth its start
GRACE_SECONDS = 20.0  # for what is needed at all, however little was given


def train_step(project: Project, bench: Bench) -> Found:
    plan = project.learning_plan
    if plan is None:
        raise ValueError(f"project {project.pk} is to train and has no plan")
    if project.prepared is None:
        _prepare(project, plan, bench)
    ready = ready_of(project)
    with local_copy(ready.learning) as learning:
        for place, candidate in _untried(project, plan, bench):
            _try(project, candidate, place, learning, ready, bench)
        return _chosen(project, learning, ready.facts)


def chosen_so_far(project: Project) -> Found:
    """Return the choice among what was tried before somebody stopped it, if anything."""
    if not project.trials.exclude(answers=None).exists():
        return {"recommended": ""}
    ready = ready_of(project)
    with local_copy(ready.learning) as learning:
        return _chosen(project, learning, ready.facts)


def _prepare(project: Project, plan: LearningPlan, bench: Bench) -> None:
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
    project: Project, plan: LearningPlan, bench: Bench
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
    ready: Ready,
    bench: Bench,
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
        trial.answers = stored(packed(fitted), bench.clock)
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
    found, learners = fitted_in(project, learning, facts)
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
