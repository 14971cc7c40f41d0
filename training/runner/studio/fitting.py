"""Fits one candidate within the walls, and scores it without."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from training.jobs import Limits, Stage
from training.learning import Candidate, LearningPlan
from training.runner.execution import Walled
from training.runner.inside.wire import Garbled, decode, encode
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import Fitted, PreparedFacts, garbled
from training.runner.studio.scores import held_back_scores

LEARNS = ("sklearn",)


def fit(
    learning: Path | bytes,
    candidate: Candidate,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> Fitted:
    """Fit one candidate and score it on the validation rows.

    Args:
        learning: of `prepare`.
        candidate: what to fit.
        plan: as for `prepare`.
        facts: what `prepare` told.
        limits: its memory and time; a candidate beyond them is given up.
        sandbox: as for `prepare`.
        stop: as for `prepare`.

    Raises:
        SubmissionFailed: it cannot learn from this table, or met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    spec = JobSpec(
        "studio.fit_table",
        limits,
        inputs={"learning": learning},
        arguments={
            "learner": candidate.learner,
            "settings": dict(candidate.settings),
            "seed": candidate.seed,
            "plan_seed": plan.seed,
            "classes": len(facts.classes),
            "codes": [is_code for _, is_code in facts.columns],
            "manner": plan.manner,
        },
        packages=LEARNS,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    width = max(len(facts.classes), 1)
    try:
        arrays, told = decode(answer)
        held_back, validated = arrays["out_of_fold"], arrays["validation"]
        seconds, ms_per_row = float(told["seconds"]), float(told["ms_per_row"])
        size_bytes = int(told["size_bytes"])
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    is_ours = (
        held_back.shape == (facts.counts[0], width)
        and validated.shape == (facts.counts[1], width)
        and held_back.dtype == validated.dtype == np.float64
    )
    if not is_ours:
        raise garbled()
    scores, each = held_back_scores(held_back, validated, learning, facts=facts)
    return Fitted(held_back, validated, scores, each, seconds, ms_per_row, size_bytes)


def packed(fitted: Fitted) -> bytes:
    """Write what cannot be computed again: the answers."""
    arrays = {"out_of_fold": fitted.out_of_fold, "validation": fitted.validation}
    told = {
        "seconds": fitted.seconds,
        "ms_per_row": fitted.ms_per_row,
        "size_bytes": fitted.size_bytes,
    }
    return encode(arrays, told)


def unpacked(content: bytes, learning: Path | bytes, *, facts: PreparedFacts) -> Fitted:
    """Read what `packed` wrote, and score it again."""
    arrays, told = decode(content)
    held_back, validated = arrays["out_of_fold"], arrays["validation"]
    scores, each = held_back_scores(held_back, validated, learning, facts=facts)
    return Fitted(
        held_back,
        validated,
        scores,
        each,
        float(told["seconds"]),
        float(told["ms_per_row"]),
        int(told["size_bytes"]),
    )
