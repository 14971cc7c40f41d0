"""Has a placed encoder of texts learn from a project's. Only workers import it.

A fine-tuned encoder is asked like the one it was made of, so that all but this file takes
it for a placed one of other bytes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from django.db import transaction

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy
from training.backbones import Backbone
from training.jobs import Limits, Stage, SubmissionFailed
from training.learning import TUNED, Candidate
from training.runner.studio.encoding import encoded, required, required_tuned
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.fitting import fit, packed
from training.runner.studio.networks import EPOCHS
from training.runner.studio.scores import of_validation
from training.runner.studio.tuning import Tuned, epochs_for, tuned
from training.studio.bench import MEMORY_BYTES, Bench, Ready, stored
from training.studio.models import Project, Trial
from training.studio.placed import built_on, terms_of

SHARE = 0.6  # of the budget, kept for it while the other ways are tried
LEAST_SECONDS = 20.0  # to import torch, learn a little, and encode the rows
ENCODING_SHARE = 0.25  # of what is left, to encode the rows anew and to weigh them
PLACE = 10_000  # after all others
WEIGHS = "meaning"  # what learns from the points that it makes of texts
KEEPING = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=4 * 3600, wall_seconds=3600.0)


def tuning_seconds(project: Project) -> float:
    """Return what of the budget is kept for fine-tuning: nothing once it was tried."""
    plan = project.learning_plan
    if plan is None or not plan.tunes or _was_tried(project):
        return 0.0
    return SHARE * project.budget_seconds


def try_tuned(project: Project, learning: Path, ready: Ready, bench: Bench) -> None:
    """Fine-tune in what is left of the budget, and write down what came of it.

    Raises:
        RunStopped: somebody said stop, or the lease is lost.
        SandboxBroken: the sandbox failed, and the step may be tried again.
    """
    if _was_tried(project):
        return
    bench.pulse.enter(TUNED)
    begun = time.monotonic()
    trial = Trial(
        project=project,
        key=TUNED,
        learner=TUNED,
        seed=ready.plan.seed,
        place=PLACE,
    )
    try:
        found = _fitted(project, learning, ready, bench)
    except SubmissionFailed as refused:
        trial.fault = refused.message[:1000]
        told = trial.fault
    else:
        trial.answers = stored(packed(found), bench.clock)
        trial.scores = [asdict(score) for score in found.scores]
        trial.settings = [list(each) for each in found.came_to]
        trial.seconds, trial.ms_per_row = found.seconds, found.ms_per_row
        trial.size_bytes = found.size_bytes
        first = found.scores[0]
        told = f"{first.name} {first.value:.4g} ({first.low:.4g} to {first.high:.4g})"
    project.spent_seconds += time.monotonic() - begun
    trial.tried_at = bench.clock()
    with transaction.atomic():
        bench.require_lease()
        trial.save()
        project.save(update_fields=["spent_seconds"])
    bench.write(f"{trial.title}: {told}")


def _was_tried(project: Project) -> bool:
    return project.trials.filter(learner=TUNED).exists()


def _fitted(project: Project, learning: Path, ready: Ready, bench: Bench) -> Fitted:
    left = project.left_seconds
    if left < LEAST_SECONDS:
        message = "The budget left no time for it. Train anew with a larger one."
        raise SubmissionFailed("too_late", message, stage=Stage.RUN)
    limits = _limits(left * (1 - ENCODING_SHARE), bench.at_once)
    backbone = _tunable(ready.facts, bench)
    epochs = epochs_for(ready.facts.counts[0])
    made = _tuned(learning, backbone, ready, bench, limits, epochs=epochs)
    afterwards = _limits(max(left * ENCODING_SHARE, LEAST_SECONDS), 1)
    with _encoder(stored(made.encoder, bench.clock), backbone, bench) as encoder:
        seen, facts = encoded(
            learning,
            encoder,
            facts=ready.facts,
            limits=afterwards,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    found = fit(
        seen,
        Candidate(WEIGHS, ready.plan.seed),
        plan=ready.plan,
        facts=replace(ready.facts, backbone=facts),
        limits=afterwards,
        sandbox=bench.sandbox,
        stop=bench.pulse.stop,
    )
    return of_validation(  # rows learnt from are known to the encoder in every fold
        found.validation,
        learning,
        facts=ready.facts,
        seconds=made.seconds,
        ms_per_row=found.ms_per_row + facts.ms_per_row,
        size_bytes=len(made.encoder),
        came_to=((EPOCHS, float(f"{made.epochs:.4g}")),),
    )


def tuned_anew(
    learning: Path, candidate: Candidate, ready: Ready, bench: Bench
) -> Blob:
    """Return an encoder that learnt from all rows but those of the test, as often.

    Raises:
        SubmissionFailed: it is not placed here any more, or met a limit.
        RunStopped, SandboxBroken: as `try_tuned`.
    """
    limits = replace(KEEPING, threads=bench.at_once)
    epochs = dict(candidate.settings)[EPOCHS]
    backbone = _tunable(ready.facts, bench)
    made = _tuned(learning, backbone, ready, bench, limits, epochs=epochs, keeps=True)
    return stored(made.encoder, bench.clock)


@contextmanager
def backbone_of(project: Project, bench: Bench) -> Iterator[Backbone | None]:
    """Give the placed model that a kept one is built on, or what was fine-tuned from it."""
    word = built_on(project)
    if word is None:
        yield None
    elif word.tuned_from is None:
        yield required(bench.placed, word.sha256)
    else:
        with local_copy(word.sha256) as model:
            yield required_tuned(
                bench.placed, model, sha256=word.sha256, tuned_from=word.tuned_from
            )


@contextmanager
def _encoder(blob: Blob, backbone: Backbone, bench: Bench) -> Iterator[Backbone]:
    with local_copy(blob.pk) as model:
        yield required_tuned(
            bench.placed, model, sha256=blob.pk, tuned_from=backbone.word.sha256
        )


def _tunable(facts: PreparedFacts, bench: Bench) -> Backbone:
    """Return the model that encoded the rows, if its licence lets it be changed."""
    if facts.backbone is None:
        message = "Nothing that can be fine-tuned is placed here."
        raise SubmissionFailed("backbone_gone", message, stage=Stage.LOAD)
    found = required(bench.placed, facts.backbone.word.sha256)
    terms = terms_of(found.word)
    if not terms.may_be_changed:
        message = f"{found.word.name} may not be changed: {' '.join(terms.reasons)}"
        raise SubmissionFailed("backbone_fixed", message, stage=Stage.LOAD)
    return found


def _tuned(
    learning: Path,
    backbone: Backbone,
    ready: Ready,
    bench: Bench,
    limits: Limits,
    *,
    epochs: float,
    keeps: bool = False,
) -> Tuned:
    made = tuned(
        learning,
        backbone,
        seed=ready.plan.seed,
        epochs=epochs,
        keeps=keeps,
        facts=ready.facts,
        limits=limits,
        sandbox=bench.sandbox,
        stop=bench.pulse.stop,
        on_log=bench.write,
    )
    bench.write(
        f"{backbone.word.name} was fine-tuned in {made.seconds:.1f} s on {made.device}, "
        f"each text seen {made.epochs:.3g} times."
    )
    return made


def _limits(seconds: float, threads: int) -> Limits:
    return Limits(
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=int(seconds * threads) + 1,
        wall_seconds=seconds,
        threads=threads,
        output_bytes=MEMORY_BYTES // 2,
    )
