"""Works out what a report says of every model, whatever it is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from training.figures.asked import Asked
from training.figures.schema import Drift, Explanation, Figures, Groups, Score
from training.runner.reports.calibrating import calibration_of, conformal_of
from training.runner.reports.cases import Case
from training.runner.reports.hanging import confusion_of, leakage_of
from training.runner.reports.slicing import slices_of
from training.runner.reports.unknowns import unknown_of
from training.runner.reports.worth import baseline_of
from training.runner.studio.facts import Floats, PreparedFacts
from training.runner.studio.recalibration import evened
from training.runner.studio.scores import scored


@dataclass(frozen=True, slots=True)
class Measures:
    """What each row has, by which it is told where a model fails and what tells too much.

    Args:
        facts: with the columns and the roles of both.
        known: (n, d) of the rows to compare with.
        held: (m, d) of the rows judged on.
    """

    facts: PreparedFacts
    known: Floats
    held: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the rows and the model: see `training.runner.inside.reports`.

    `answers` are the model's by name, `distances` likewise, and `apart` how well each
    probe can be told at all; `skipped` says why no class was left out.
    """

    answers: Mapping[str, Floats]
    distances: Mapping[str, Floats]
    apart: Mapping[str, Sequence[float]]
    skipped: str
    measures: Measures
    explanation: Explanation
    groups: list[Groups] = field(default_factory=list)
    drift: Drift | None = None


def figures_of(asked: Asked, case: Case, seen: Seen) -> Figures:
    """Return all that a report holds, but for how long it took."""
    facts, truth = case.facts, case.truth
    has_classes = bool(facts.classes)
    plain = seen.answers["held"]
    answered = told_by(plain, asked)
    scores, losses = scored(answered, truth, facts=facts)
    return Figures(
        modality=asked.modality,
        has_classes=has_classes,
        classes=list(facts.classes),
        target=asked.target,
        rows=len(truth),
        scores=[Score.model_validate(score) for score in scores],
        baseline=baseline_of(answered, losses, truth, case.known["target"], facts),
        calibration=(
            calibration_of(truth, answered, plain, asked.recalibration)
            if has_classes
            else None
        ),
        conformal=conformal_of(truth, answered, has_classes=has_classes),
        unknown=unknown_of(
            truth,
            answered,
            {
                name: told_by(rows, asked)
                for name, rows in seen.answers.items()
                if name.startswith(("probe ", "left "))
            },
            seen.distances,
            seen.apart,
            facts=facts,
            skipped=seen.skipped,
        ),
        groups=seen.groups,
        explanation=seen.explanation,
        confusion=confusion_of(truth, answered, facts),
        slices=slices_of(seen.measures.held, answered, truth, seen.measures.facts),
        leakage=leakage_of(
            seen.measures.known,
            np.asarray(case.known["target"]),
            seen.measures.facts,
            copies=None if asked.prepared is None else facts.copies["test"],
        ),
        drift=seen.drift,
    )


def told_by(answers: Floats, asked: Asked) -> Floats:
    """Return answers as they are given out: recalibrated, where they are probabilities."""
    return evened(answers, asked.recalibration.by) if asked.has_classes else answers


def reason(told: Mapping[str, Any], name: str) -> str:
    """Return why a part of a report could not be had, as a job told it."""
    return str(told.get(name, ""))[:300]
