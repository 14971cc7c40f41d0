"""Changes probabilities as `training.recalibration` says; bundles carry this file home."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-7

Floats = NDArray[np.float64]


def recalibrated(told: Floats, by: Mapping[str, Any] | None) -> Floats:
    """Return (n, k) probabilities as they are given out.

    Args:
        told: (n, k) as the model gives them.
        by: a recalibration as JSON has it, or None for as they are.
    """
    if by is None:
        return told
    if by["curves"]:
        columns = [
            np.interp(told[:, at], *np.array(curve, dtype=np.float64).T)
            for at, curve in enumerate(by["curves"])
        ]
        shares = np.stack(columns, axis=1) + SMALLEST
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    logs = logarithms(told) * np.array(by["weights"], dtype=np.float64)
    if by["biases"]:
        logs += np.array(by["biases"], dtype=np.float64)
    evenly = float(by["evenly"])
    return np.asarray((1 - evenly) * softmax(logs) + evenly / told.shape[1])


def logarithms(told: Floats) -> Floats:
    """Return those of probabilities, of which none counts as less than `SMALLEST`."""
    return np.asarray(np.log(np.clip(told, SMALLEST, 1.0)))


def softmax(logs: Floats) -> Floats:
    """Return (n, k) shares by their logarithms, whatever these sum to."""
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
