"""Makes the model that a person keeps, and judges it once. Only workers import it."""

from dataclasses import asdict
from typing import Any

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy
from training.jobs import MIB, Limits
from training.runner.studio.bundling import Provenance, bundle_of
from training.runner.studio.facts import Kept
from training.runner.studio.keeping import judge, keep
from training.runner.studio.recalibration import temperature_for
from training.studio.bench import (
    MEMORY_BYTES,
    Bench,
    Found,
    Ready,
    fitted_in,
    ready_of,
    stored,
)
from training.studio.models import Project

AFTERWARDS = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=900, wall_seconds=900.0)


def keep_step(project: Project, bench: Bench) -> Found:
    ready = ready_of(project)
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
        found, _ = fitted_in(project, learning, ready.facts)
        weights = {key: float(weight) for key, weight in project.members}
        temperature = temperature_for(found, weights, learning, facts=ready.facts)
    bench.write(f"The model takes {len(kept.model) / MIB:.1f} MiB.")
    project.temperature = temperature
    return {
        "model": stored(kept.model, bench.clock),
        "types": list(kept.types),
        "bundle": _bundled(project, kept, ready, None, bench),
        "temperature": temperature,
        "kept_at": bench.clock(),
    }


def _bundled(
    project: Project,
    kept: Kept,
    ready: Ready,
    scores: list[dict[str, Any]] | None,
    bench: Bench,
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
    return stored(content, bench.clock)


def judge_step(project: Project, bench: Bench) -> Found:
    ready = ready_of(project)
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
