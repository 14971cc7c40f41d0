"""Fits candidates within the walls, and scores them without."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import Limits, Stage, SubmissionFailed
from training.learning import LEARNERS, Candidate, LearningPlan
from training.runner.execution import Walled
from training.runner.inside.wire import Garbled, decode, encode
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import BESIDES, Fitted, PreparedFacts, garbled
from training.runner.studio.scores import held_back_scores

LEARNS, OFFERED = ("sklearn",), ("lightgbm",)
ENOUGH_SECONDS = 3.0  # after which a run begins no other candidate


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
    """Fit one candidate and score it on rows that it was not fitted to.

    Args:
        learning: of `prepare`.
        candidate: what to fit.
        plan: as for `prepare`.
        facts: what `prepare` told.
        limits: its memory and time; a candidate beyond them is given up.
        sandbox: as for `prepare`.
        stop: as for `prepare`.

    Raises:
        SubmissionFailed: it cannot learn from these rows, or met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    (found,) = fit_several(
        learning,
        [candidate],
        plan=plan,
        facts=facts,
        limits=limits,
        sandbox=sandbox,
        stop=stop,
    )
    if isinstance(found, SubmissionFailed):
        raise found
    return found


def fit_several(
    learning: Path | bytes,
    candidates: Sequence[Candidate],
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
    shares: Sequence[float] = (),
) -> list[Fitted | SubmissionFailed]:
    """Fit candidates in one run, as many of the first as are quick and one at least.

    Args: as `fit`, but for
        shares: of the rows to learn from, for each candidate; if any, all are fitted.

    Returns:
        What became of each that was begun; nothing of those after it.

    Raises:
        SubmissionFailed: the run met a limit, so that all its answers are lost.
        RunStopped, SandboxBroken: as `prepare`.
    """
    spec = JobSpec(
        "studio.fit_table",
        limits,
        inputs={"learning": learning},
        arguments={
            "candidates": [
                {
                    "learner": one.learner,
                    "settings": dict(one.settings),
                    "seed": one.seed,
                    "share": share,
                }
                for one, share in zip(
                    candidates, shares or [1.0] * len(candidates), strict=True
                )
            ],
            "enough_seconds": limits.wall_seconds if shares else ENOUGH_SECONDS,
            "plan_seed": plan.seed,
            "classes": len(facts.classes),
            "modality": facts.modality,
            "codes": [is_code for _, is_code in facts.columns],
            "manner": plan.manner,
        },
        packages=(*LEARNS, *BESIDES[facts.modality]),
        offered=OFFERED,
    )
    answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    try:
        arrays, told = decode(answer)
        each = list(told["candidates"])
        if not 0 < len(each) <= len(candidates):
            raise garbled()
        return [
            _read(place, one, arrays, learning, facts, candidate)
            for place, (one, candidate) in enumerate(
                zip(each, candidates, strict=False)
            )
        ]
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn


def _read(
    place: int,
    told: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    learning: Path | bytes,
    facts: PreparedFacts,
    candidate: Candidate,
) -> Fitted | SubmissionFailed:
    if "refused" in told:
        refused = told["refused"]
        return SubmissionFailed(
            str(refused["code"]), str(refused["message"]), stage=Stage.RUN
        )
    held_back = arrays[f"{place}.out_of_fold"]
    validated = arrays[f"{place}.validation"]
    width = max(len(facts.classes), 1)
    is_ours = (
        held_back.shape == (facts.counts[0], width)
        and validated.shape == (facts.counts[1], width)
        and held_back.dtype == validated.dtype == np.float64
    )
    if not is_ours:
        raise garbled()
    try:
        scores, each = held_back_scores(held_back, validated, learning, facts=facts)
    except SubmissionFailed as unscored:
        return unscored
    backbone = facts.backbone if LEARNERS[candidate.learner].needs_backbone else None
    return Fitted(
        held_back,
        validated,
        scores,
        each,
        float(told["seconds"]),
        float(told["ms_per_row"]) + (backbone.ms_per_row if backbone else 0.0),
        int(told["size_bytes"]) + (backbone.size_bytes if backbone else 0),
    )


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
