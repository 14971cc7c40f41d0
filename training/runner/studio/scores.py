"""Scores answers to prepared rows as boards do, with intervals and per-row losses."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import MetricValue, Stage, SubmissionFailed
from training.learning import RANKED_BY, SHOWN_BESIDE, Part
from training.metrics.registry import Answers, losses, measured
from training.runner.inside.studio.texts import parted
from training.runner.inside.wire import decode
from training.runner.studio.facts import Fitted, Floats, PreparedFacts, garbled


def truth_of(prepared: Path | bytes, part: Part) -> NDArray[Any]:
    """Return the targets of one part of a prepared file, in its order."""
    content = prepared if isinstance(prepared, bytes) else prepared.read_bytes()
    arrays, _ = decode(content)
    wanted = arrays["parts"] == list(Part).index(part)
    return np.asarray(arrays["target"][wanted])


def texts_of(prepared: Path | bytes, part: Part) -> list[str]:
    """Return the texts of one part of a prepared file, in its order."""
    content = prepared if isinstance(prepared, bytes) else prepared.read_bytes()
    arrays, _ = decode(content)
    texts = parted(arrays["letters"], arrays["ends"])
    wanted = arrays["parts"] == list(Part).index(part)
    return [texts[place] for place in np.flatnonzero(wanted)]


def scored(
    answers: Floats, truth: NDArray[Any], *, facts: PreparedFacts
) -> tuple[tuple[MetricValue, ...], Floats]:
    """Score answers, the metric that ranks first, and give that one's losses.

    Raises:
        SubmissionFailed: they are not numbers.
    """
    has_classes = bool(facts.classes)
    if not np.isfinite(answers).all():
        raise SubmissionFailed(
            "not_finite", "Its answers are not finite numbers.", stage=Stage.SCORE
        )
    if has_classes:
        told = np.clip(answers, 1e-7, 1.0)
        case = Answers(truth, told / told.sum(axis=1, keepdims=True))
    else:
        case = Answers(truth, values=answers[:, 0])
    names = (RANKED_BY[has_classes], *SHOWN_BESIDE[has_classes])
    if has_classes and len(facts.classes) != 2:
        names = tuple(name for name in names if name != "auc")
    found = losses(names[0], case)
    assert found is not None  # noqa: S101  both that rank have losses
    return measured(names, case), found


def held_back_scores(
    held_back: Floats,
    validated: Floats,
    learning: Path | bytes,
    *,
    facts: PreparedFacts,
) -> tuple[tuple[MetricValue, ...], Floats]:
    """Score answers to the learning rows that have one and to the validation rows."""
    is_answered = ~np.isnan(held_back).any(axis=1)
    truth = truth_of(learning, Part.LEARNING)[is_answered]
    return scored(
        np.concatenate([held_back[is_answered], validated]),
        np.concatenate([truth, truth_of(learning, Part.VALIDATION)]),
        facts=facts,
    )


def of_validation(
    validated: Floats, learning: Path | bytes, *, facts: PreparedFacts, **took: Any
) -> Fitted:
    """Score what answers the validation rows and none of those to learn from.

    Args:
        validated: (m, k), as it came through the wall.
        learning: of `prepare`.
        facts: what `prepare` told.
        took: of `Fitted`, from `seconds` on.

    Raises:
        SubmissionFailed: the answers are of another shape, or no numbers.
    """
    width = max(len(facts.classes), 1)
    if validated.shape != (facts.counts[1], width) or validated.dtype != np.float64:
        raise garbled()
    held_back = np.full((facts.counts[0], width), np.nan)
    scores, each = held_back_scores(held_back, validated, learning, facts=facts)
    return Fitted(held_back, validated, scores, each, **took)
