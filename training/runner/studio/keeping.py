"""Fits what is kept, judges it on the test rows, and asks it about new ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from training.backbones import Backbone
from training.jobs import Limits, Stage
from training.learning import LEARNERS, Candidate, Part
from training.recalibration import Recalibration
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.wire import Garbled, decode
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.encoding import given_to_jobs
from training.runner.studio.facts import (
    BESIDES,
    TRAINS,
    Floats,
    Judged,
    Kept,
    PreparedFacts,
    garbled,
    is_network,
)
from training.runner.studio.recalibration import evened
from training.runner.studio.scores import scored, truth_of

KEEPS = ("skops", "polars")
OFFERED = ("lightgbm",)


def keep(
    learning: Path | bytes,
    members: Mapping[Candidate, float],
    *,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Kept:
    """Fit what is to be kept to the learning and validation rows together.

    Args:
        learning: of `prepare`.
        members: candidates with their weights; a single one weighs 1.
        facts: what `prepare` told.
        limits: its memory and time.
        sandbox: as for `prepare`.
        stop: as for `prepare`.

    Raises:
        SubmissionFailed, RunStopped, SandboxBroken: as `fit`.
    """
    spec = JobSpec(
        "studio.keep_table",
        limits,
        inputs={"learning": learning},
        arguments={
            "members": [
                {
                    "learner": one.learner,
                    "settings": dict(one.settings),
                    "seed": one.seed,
                    "weight": weight,
                }
                for one, weight in members.items()
            ],
            "classes": len(facts.classes),
            "modality": facts.modality,
            "codes": [is_code for _, is_code in facts.columns],
            "is_encoded": any(LEARNERS[one.learner].needs_backbone for one in members),
        },
        packages=(*KEEPS, *BESIDES[facts.modality]),
        offered=OFFERED,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    try:
        files, told = decode_files(answer)
        return Kept(files["model"], tuple(str(each) for each in told["types"]))
    except (GarbledFiles, TypeError, KeyError) as torn:
        raise garbled() from torn


def judge(
    model: Path | bytes,
    test: Path | bytes,
    *,
    recalibration: Recalibration | None = None,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    backbone: Backbone | None = None,
    stop: Callable[[], bool] = never,
) -> Judged:
    """Score a kept model on the rows that nothing was fitted to or chosen by.

    If it learnt from what a placed model makes of rows, that is the `backbone`.

    Raises:
        SubmissionFailed, RunStopped, SandboxBroken: as `fit`.
    """
    given = given_to_jobs(backbone)
    spec = JobSpec(
        "studio.answer_table",
        limits,
        inputs={"model": model, "prepared": test, **given.inputs},
        arguments={
            "classes": len(facts.classes),
            "modality": facts.modality,
            "is_network": is_network(model),
            **given.arguments,
        },
        packages=(*_packages(model, facts), *given.packages),
        offered=OFFERED,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    answers, speed = _answers_in(answer, facts=facts)
    truth = truth_of(test, Part.TEST)
    if len(truth) != len(answers):
        raise garbled()
    told = evened(answers, recalibration) if facts.classes else answers
    return Judged(told, scored(told, truth, facts=facts)[0], speed)


def ask(
    model: Path | bytes,
    rows: bytes,
    *,
    form: str,
    recalibration: Recalibration | None = None,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    backbone: Backbone | None = None,
) -> Floats:
    """Return a kept model's answers to new rows, (n, k) probabilities or (n, 1) amounts.

    If it learnt from what a placed model makes of rows, that is the `backbone`.

    Raises:
        SubmissionFailed: the rows lack a column, or cannot be read.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    given = given_to_jobs(backbone)
    spec = JobSpec(
        "studio.answer_table",
        limits,
        inputs={"model": model, "rows": rows, **given.inputs},
        arguments={
            "classes": len(facts.classes),
            "modality": facts.modality,
            "is_network": is_network(model),
            "form": form,
            "roles": [dict(one) for one in facts.roles],
            **given.arguments,
        },
        packages=(*_packages(model, facts), *given.packages),
        offered=OFFERED,
    )
    answer, _ = Walled(sandbox, never, unheard).ask(spec, stage=Stage.RUN)
    answers, _ = _answers_in(answer, facts=facts)
    return evened(answers, recalibration) if facts.classes else answers


def _packages(model: Path | bytes, facts: PreparedFacts) -> tuple[str, ...]:
    """Return what it takes to load a kept model, and to read rows."""
    weights = TRAINS if is_network(model) else ()
    return (*KEEPS, *BESIDES[facts.modality], *weights)


def _answers_in(
    answer: bytes, *, facts: PreparedFacts
) -> tuple[Floats, dict[str, float]]:
    try:
        arrays, told = decode(answer)
        answers = arrays["answers"]
        speed = {str(name): float(value) for name, value in told.items()}
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    is_ours = (
        answers.ndim == 2
        and answers.shape[1] == max(len(facts.classes), 1)
        and answers.dtype == np.float64
        and np.isfinite(answers).all()
        and np.isfinite(list(speed.values())).all()
    )
    if not is_ours:
        raise garbled()
    return answers, speed
