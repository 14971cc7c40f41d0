"""Scores aligned predictions against the truth: the trusted half of a run."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.jobs import CalibrationBin, MetricValue, Target
from training.metrics.calibration import reliability
from training.metrics.registry import METRICS, Answers, losses, measure
from training.runner.truth import Truth


@dataclass(frozen=True, slots=True)
class Score:
    """The scored part of an outcome."""

    metrics: tuple[MetricValue, ...]
    private_metrics: tuple[MetricValue, ...]
    calibration: tuple[CalibrationBin, ...]
    losses: bytes
    private_losses: bytes


def answers_from(form: str, values: NDArray[np.float64]) -> Answers:
    """Name what the (n, columns) numbers are: the forms of `read_predictions`."""
    if form == "probabilities":
        return Answers(probabilities=values)
    if form == "labels":
        return Answers(labels=values[:, 0].astype(np.int64))
    return Answers(values=values[:, 0])


def fingerprint(form: str, values: NDArray[np.float64]) -> str:
    """Return the SHA-256 of predictions, the same however their file was written."""
    digest = hashlib.sha256(f"{form} {values.shape}".encode())
    digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def score(truth: Truth, answers: Answers, target: Target) -> Score:
    """Compute all metrics of a target on the public rows and on the private ones.

    Raises:
        SubmissionFailed: a metric does not exist for these predictions.
    """
    public, private = ~truth.is_private, truth.is_private
    binned: tuple[CalibrationBin, ...] = ()
    if answers.probabilities is not None:
        binned = reliability(truth.answers[public], answers.probabilities[public])
    return Score(
        metrics=_measured(truth, answers, public, target),
        private_metrics=_measured(truth, answers, private, target),
        calibration=binned,
        losses=_losses(truth, answers, public, target),
        private_losses=_losses(truth, answers, private, target),
    )


def _measured(
    truth: Truth, answers: Answers, rows: NDArray[np.bool_], target: Target
) -> tuple[MetricValue, ...]:
    if not rows.any():
        return ()
    known, told = truth.answers[rows], answers.only(rows)
    return tuple(measure(name, known, told) for name in target.metrics)


def _losses(
    truth: Truth, answers: Answers, rows: NDArray[np.bool_], target: Target
) -> bytes:
    if not rows.any() or METRICS[target.metrics[0]].per_row is None:
        return b""
    found = losses(target.metrics[0], truth.answers[rows], answers.only(rows))
    if found is None:
        return b""
    with np.errstate(over="ignore"):
        small = found.astype(np.float32)
    out = io.BytesIO()
    np.save(out, small, allow_pickle=False)
    return out.getvalue()
