"""Tries AutoGluon after our own ways to learn, once a training. Only workers import it."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import transaction

from marketplace.kit.spreadsheets import csv_rows
from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.learning import AUTOGLUON
from training.runner.studio.facts import Fitted
from training.runner.studio.fitting import packed
from training.runner.studio.larger import Larger, fit_autogluon, told_rows
from training.studio.bench import MEMORY_BYTES, Bench, Ready, stored
from training.studio.models import Project, Trial

SHARE = 0.6  # of the budget, kept for it while our own ways are tried
LEAST_SECONDS = 30.0  # to import it, fit a few models, and answer
RESERVED = 0.05  # of the budget, to score what it answered and to choose
FIRST_PLACE = 10_000  # after all of ours
PROCESSES = 256  # threads of its libraries count
SCRATCH_BYTES = 2048 * MIB


def larger_seconds(project: Project) -> float:
    """Return what of the budget is kept for AutoGluon: nothing once it was tried."""
    plan = project.learning_plan
    if plan is None or not plan.larger or _was_tried(project):
        return 0.0
    return SHARE * project.budget_seconds


def try_larger(project: Project, learning: Path, ready: Ready, bench: Bench) -> None:
    """Have AutoGluon fit for what is left of the budget, and write its models down.

    Raises:
        RunStopped: somebody said stop, or the lease is lost.
        SandboxBroken: the sandbox failed, and the step may be tried again.
    """
    if _was_tried(project):
        return
    bench.pulse.enter(AUTOGLUON)
    begun = time.monotonic()
    try:
        found = _fitted(project, learning, ready, bench)
    except SubmissionFailed as refused:
        trials = [_trial(project, bench, fault=refused.message[:1000])]
        told = [refused.message]
    else:
        trials = [
            _fitted_trial(project, bench, place, name, one, _csv(one, learning, ready))
            for place, (name, one) in enumerate(found.models)
        ]
        told = [_score_of(name, one) for name, one in found.models]
    project.spent_seconds += time.monotonic() - begun
    with transaction.atomic():
        bench.require_lease()
        Trial.objects.bulk_create(trials)
        project.save(update_fields=["spent_seconds"])
    for line in told:
        bench.write(f"AutoGluon: {line}")


def _was_tried(project: Project) -> bool:
    return project.trials.filter(learner=AUTOGLUON).exists()


def _fitted(project: Project, learning: Path, ready: Ready, bench: Bench) -> Larger:
    sandbox = bench.larger_sandbox()
    left = project.left_seconds - RESERVED * project.budget_seconds
    if left < LEAST_SECONDS:
        message = "The budget left no time for it. Train anew with a larger one."
        raise SubmissionFailed("too_late", message, stage=Stage.RUN)
    threads = bench.at_once
    limits = Limits(
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=int(left * threads) + 1,
        wall_seconds=left,
        processes=PROCESSES,
        scratch_bytes=SCRATCH_BYTES,
        threads=threads,
    )
    return fit_autogluon(
        learning,
        plan=ready.plan,
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
        stop=bench.pulse.stop,
        on_log=bench.write,
    )


def _fitted_trial(
    project: Project, bench: Bench, place: int, name: str, one: Fitted, told: bytes
) -> Trial:
    return _trial(
        project,
        bench,
        key=f"{AUTOGLUON}({name})",
        place=FIRST_PLACE + place,
        answers=stored(packed(one), bench.clock),
        predictions=stored(told, bench.clock),
        scores=[asdict(score) for score in one.scores],
        seconds=one.seconds,
        ms_per_row=one.ms_per_row,
        size_bytes=one.size_bytes,
    )


def _trial(project: Project, bench: Bench, **told: Any) -> Trial:
    given = {"key": AUTOGLUON, "place": FIRST_PLACE} | told
    seed = project.learning_plan.seed if project.learning_plan else 0
    return Trial(
        project=project, learner=AUTOGLUON, seed=seed, tried_at=bench.clock(), **given
    )


def _csv(one: Fitted, learning: Path, ready: Ready) -> bytes:
    head, rows = told_rows(one, learning, target=ready.plan.target, facts=ready.facts)
    return "".join(csv_rows(head, rows)).encode()


def _score_of(name: str, one: Fitted) -> str:
    first = one.scores[0]
    return (
        f"{name}, {first.name} {first.value:.4g} ({first.low:.4g} to {first.high:.4g}), "
        f"fitted in {one.seconds:.1f} s"
    )
