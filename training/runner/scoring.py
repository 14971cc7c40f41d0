"""Scores aligned predictions against the truth: the trusted half of a run."""

import hashlib
import io
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.jobs import CalibrationBin, MetricValue, SubgroupScore, Target
from training.leaderboards.subgroups import LEAST_ROWS
from training.metrics.calibration import reliability
from training.metrics.estimate import Undefined
from training.metrics.registry import (
    METRICS,
    Answers,
    Case,
    losses,
    measure,
    measured,
)
from training.runner.truth import Subgroups

ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True, slots=True)
class Score:
    """The scored part of an outcome."""

    metrics: tuple[MetricValue, ...]
    private_metrics: tuple[MetricValue, ...]
    calibration: tuple[CalibrationBin, ...]
    losses: bytes
    private_losses: bytes
    subgroups: tuple[SubgroupScore, ...]
    private_subgroups: tuple[SubgroupScore, ...]


def fingerprint(form: str, values: NDArray[np.float64]) -> str:
    """Return the SHA-256 of predictions, the same however their file was written."""
    digest = hashlib.sha256(f"{form} {values.shape}".encode())
    for start in range(0, len(values), ROWS_AT_ONCE):
        part = values[start : start + ROWS_AT_ONCE]
        digest.update(np.ascontiguousarray(part, dtype="<f8").data)
    return digest.hexdigest()


def score(
    case: Case,
    target: Target,
    *,
    is_private: NDArray[np.bool_],
    subgroups: Subgroups | None = None,
) -> Score:
    """Compute all metrics of a target on the public examples and on the private ones.

    Metrics that do not exist for these predictions are left out, the first excepted.

    Args:
        case: truth and answers, example by example.
        target: whose metrics.
        is_private: which examples are scored apart.
        subgroups: in which the metric that ranks is computed once more, if any.

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
        subgroups=_by_subgroup(case, target, ~is_private, subgroups),
        private_subgroups=_by_subgroup(case, target, is_private, subgroups),
    )


def _by_subgroup(
    case: Case, target: Target, rows: NDArray[np.bool_], subgroups: Subgroups | None
) -> tuple[SubgroupScore, ...]:
    if subgroups is None:
        return ()
    found = []
    for place, name in enumerate(subgroups.names):
        own = rows & (subgroups.places == place)
        count = int(own.sum())
        if not count:
            continue
        told = SubgroupScore(name, count)
        if count >= LEAST_ROWS:
            with suppress(Undefined):
                value = measure(target.metrics[0], case.only(own))
                told = SubgroupScore(name, count, value.value, value.low, value.high)
        found.append(told)
    return tuple(found)


def _losses(case: Case, target: Target) -> bytes:
    if METRICS[target.metrics[0]].per_example is None:
        return b""
    found = losses(target.metrics[0], case, kind=np.float32)
    if found is None:
        return b""
    out = io.BytesIO()
    np.save(out, found, allow_pickle=False)
    return out.getvalue()
