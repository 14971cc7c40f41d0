"""Trains: prepares the table, tries candidates and chooses. Only workers import it."""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from marketplace.storage.queries import local_copy
from training.cutting import form_of
from training.jobs import Limits, SubmissionFailed
from training.learning import BASELINE, ENSEMBLE, LEARNERS, LearningPlan
from training.runner.studio.choosing import (
    beats_baseline,
    ensemble_of,
    recommended,
)
from training.runner.studio.curves import measured_curve
from training.runner.studio.encoding import encoded
from training.runner.studio.facts import Prepared, PreparedFacts
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
from training.studio.larger import try_larger
from training.studio.models import Project
from training.studio.race import Race
from training.studio.tuning import try_tuned

ENCODING_SHARE = 0.5  # of the budget, that a placed model may take for all rows
LEAST_ENCODING_SECONDS = 5.0


def train_step(project: Project, bench: Bench) -> Found:
    plan = project.learning_plan
    if plan is None:
        raise ValueError(f"project {project.pk} is to train and has no plan")
    if project.prepared is None:
        _prepare(project, plan, bench)
    ready = ready_of(project)
    with local_copy(ready.learning) as learning:
        Race(project, learning, ready, bench).run()
        if plan.larger:
            try_larger(project, learning, ready, bench)
        if plan.tunes:
            try_tuned(project, learning, ready, bench)
        found = _chosen(project, learning, ready.facts)
        return found | {"curve": _curve(project, found, learning, ready, bench)}


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
            whole_bytes=bench.whole_bytes,
            stop=bench.pulse.stop,
        )
    ready = _encoded(project, ready, plan, bench)
    project.learning, project.test = (
        stored(content, bench.clock) for content in (ready.learning, ready.test)
    )
    project.prepared = ready.facts.as_json()
    with transaction.atomic():
        bench.require_lease()
        project.save(update_fields=["learning", "test", "prepared", "spent_seconds"])
    if ready.facts.sample is not None:
        bench.write(ready.facts.sample.told)
    learning, validation, test = ready.facts.counts
    bench.write(
        f"{learning:,} rows to learn from, {validation:,} to validate on, {test:,} kept "
        "for the test."
    )


def _encoded(
    project: Project, ready: Prepared, plan: LearningPlan, bench: Bench
) -> Prepared:
    """Have what the operator placed encode the rows, in a part of the budget.

    Whatever goes wrong with it, the other ways to learn are tried.
    """
    needed = [name for name in plan.learners if LEARNERS[name].needs_backbone]
    backbone = bench.placed.of(plan.modality)
    if backbone is None or (plan.learners and not needed):
        if needed:
            bench.write(f"{LEARNERS[needed[0]].title}: nothing is placed for it here.")
        return ready
    bench.pulse.enter("ENCODE")
    wall = max(ENCODING_SHARE * project.left_seconds, LEAST_ENCODING_SECONDS)
    named, begun = backbone.word.name, time.monotonic()
    try:
        learning, facts = encoded(
            ready.learning,
            backbone,
            facts=ready.facts,
            limits=Limits(
                memory_bytes=MEMORY_BYTES, cpu_seconds=int(wall) + 1, wall_seconds=wall
            ),
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    except SubmissionFailed as failed:
        bench.write(f"{named} is left out. {failed.message}")
        return ready
    finally:
        spent = time.monotonic() - begun
        project.spent_seconds += spent
    bench.write(f"{named} has encoded the rows in {spent:.1f} s.")
    found = replace(ready.facts, backbone=facts)
    return replace(ready, learning=learning, facts=found)


def _curve(
    project: Project, chosen: Found, learning: Path, ready: Ready, bench: Bench
) -> dict[str, Any] | None:
    """Measure whether more rows would help the recommended candidate, in what is left.

    For the ensemble its weightiest member stands.
    """
    key, weights = chosen["recommended"], chosen["weights"]
    if key == ENSEMBLE:
        key = max(weights, key=weights.__getitem__)
    trial = project.trials.get(key=key)
    left = project.left_seconds
    facts = LEARNERS[trial.learner]
    is_alone = trial.learner == BASELINE or facts.is_foreign
    if is_alone or facts.is_network or facts.is_tuned or trial.seconds > left:
        return None
    bench.pulse.enter("CURVE")
    begun = time.monotonic()
    try:
        curve = measured_curve(
            learning,
            trial.candidate,
            fitted_in(project, learning, ready.facts)[0][key],
            plan=ready.plan,
            facts=ready.facts,
            limits=Limits(
                memory_bytes=MEMORY_BYTES, cpu_seconds=int(left) + 1, wall_seconds=left
            ),
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    except SubmissionFailed:  # it is only told beside the rest
        curve = None
    project.spent_seconds += time.monotonic() - begun
    with transaction.atomic():
        bench.require_lease()
        project.save(update_fields=["spent_seconds"])
    return None if curve is None else curve.as_json()


def _chosen(project: Project, learning: Path, facts: PreparedFacts) -> Found:
    """Weigh an ensemble and say which candidate to take."""
    found, learners = fitted_in(project, learning, facts)
    weights: dict[str, float] = {}
    if sum(one.has_folds for one in found.values()) > 1:
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
