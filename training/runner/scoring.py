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
from training.metrics.estimate import Undefined, blocks, pair_of
from training.metrics.registry import (
    Answers,
    Case,
    loss_parts,
    measure,
    measured,
)
from training.runner.truth import Subgroups


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
    if form == "probabilities" and values.shape[1:] == (2,):
        first, second = pair_of(values)
        if np.array_equal(first, 1 - second):  # then the second stands for both
            form, values = "positive", second[:, np.newaxis]
    digest = hashlib.sha256(f"{form} {values.shape}".encode())
    for rows in blocks(len(values)):
        digest.update(np.ascontiguousarray(values[rows], dtype="<f8").data)
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
    parts = loss_parts(target.metrics[0], case)
    if parts is None:
        return b""
    out = io.BytesIO()
    count = 0
    _write_head(out, count)
    with np.errstate(over="ignore"):
        for part in parts:
            out.write(part.astype("<f4").data)
            count += len(part)
    out.seek(0)
    _write_head(out, count)
    return out.getvalue()


def _write_head(out: io.BytesIO, count: int) -> None:
    """Write the head of an array in NumPy's format, which is as long for any count."""
    told = {"descr": "<f4", "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(out, told)
