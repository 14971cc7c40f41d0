"""Scores aligned predictions against the truth: the trusted half of a run."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.jobs import CalibrationBin, MetricValue, Target
from training.metrics.calibration import reliability
from training.metrics.registry import METRICS, Answers, Case, losses, measured


@dataclass(frozen=True, slots=True)
class Score:
    """The scored part of an outcome."""

    metrics: tuple[MetricValue, ...]
    private_metrics: tuple[MetricValue, ...]
    calibration: tuple[CalibrationBin, ...]
    losses: bytes
    private_losses: bytes


def fingerprint(form: str, values: NDArray[np.float64]) -> str:
    """Return the SHA-256 of predictions, the same however their file was written."""
    digest = hashlib.sha256(f"{form} {values.shape}".encode())
    digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def score(case: Case, target: Target, *, is_private: NDArray[np.bool_]) -> Score:
    """Compute all metrics of a target on the public examples and on the private ones.

    Metrics that do not exist for these predictions are left out, the first excepted.

    Args:
        case: truth and answers, example by example.
        target: whose metrics.
        is_private: which examples are scored apart.

    Raises:
        SubmissionFailed: the first metric does not exist for these predictions.
    """
    public = case.only(~is_private) if is_private.any() else case
    private = case.only(is_private) if is_private.any() else None
    binned: tuple[CalibrationBin, ...] = ()
    if isinstance(public, Answers) and public.probabilities is not None:
        binned = reliability(public.truth, public.probabilities)
    return Score(
        metrics=measured(target.metrics, public),
        private_metrics=measured(target.metrics, private) if private else (),
        calibration=binned,
        losses=_losses(public, target),
        private_losses=_losses(private, target) if private else b"",
    )


def _losses(case: Case, target: Target) -> bytes:
    if METRICS[target.metrics[0]].per_example is None:
        return b""
    found = losses(target.metrics[0], case)
    if found is None:
        return b""
    with np.errstate(over="ignore"):
        small = found.astype(np.float32)
    out = io.BytesIO()
    np.save(out, small, allow_pickle=False)
    return out.getvalue()
