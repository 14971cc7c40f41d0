"""How to answer a thousand questions about hidden rows without giving them away.

The alpha-spending Ladder: a new score is shown only if it beats the best so far by more
than chance would in any of all the questions asked of this benchmark, by anyone. The
allowances sum to `alpha`, so a board full of lucky guesses is as rare as that. After Blum
and Hardt (ICML 2015, arXiv 1502.04585), whose own steps leak: a small edit has a small
paired error, and a new account has no best.

Pure Python, since who records a score need not have NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, dist, floor, fsum, hypot, log10, sqrt
from operator import sub
from statistics import NormalDist

ALPHA = 0.05
FLOOR = 0.25  # of the best's own standard error: a small edit is never free
Z = 1.959963984540054  # of the normal distribution, two-sided 95 %
STEPS = (5.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better the new one is than the accepted one, in mean loss.

    `error` is the standard error of `mean`; `own_error` the accepted one's own.
    """

    mean: float
    error: float
    own_error: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A score as it may be told: no finer than what the hidden rows can tell."""

    value: float
    low: float
    high: float


def allowance(question: int, *, alpha: float = ALPHA) -> float:
    """Return the chance of error spent on the k-th question; they sum to `alpha`."""
    return alpha / (question * (question + 1))


def needed(question: int, *, alpha: float = ALPHA) -> float:
    """Return how many standard errors the k-th question must gain to be believed."""
    return -NormalDist().inv_cdf(allowance(question, alpha=alpha))


def gain_of(new: Sequence[float], best: Sequence[float]) -> Gain:
    """Compare two submissions on the same hidden rows.

    Args:
        new: (n,) its loss on each hidden row, smaller is better, n at least 2.
        best: (n,) the accepted losses so far; at first, the benchmark's own
            baseline's, so that a thousand new accounts start where everyone does.

    Cost: O(n), about 0.2 seconds for a million rows.
    """
    rows = len(new)
    mean = fsum(map(sub, best, new)) / rows
    best_mean = fsum(best) / rows
    return Gain(
        mean,
        _error(dist(best, new), mean, rows),
        _error(hypot(*best), best_mean, rows),
    )


def gain_of_scores(new: Shown, best: Shown, *, is_greater_better: bool) -> Gain:
    """Compare two scores of which no losses are known, as if by different rows."""
    sign = 1 if is_greater_better else -1
    own = (best.high - best.low) / (2 * Z)
    return Gain(
        sign * (new.value - best.value),
        hypot((new.high - new.low) / (2 * Z), own),
        own,
    )


def gain_between(
    new_losses: Sequence[float],
    best_losses: Sequence[float],
    new: Shown | None,
    best: Shown | None,
    *,
    is_greater_better: bool,
) -> Gain | None:
    """Compare by losses where both have them, else by scores.

    Returns:
        None if there is nothing to compare, or the numbers are too wild to say.
    """
    try:
        if len(new_losses) == len(best_losses) > 1:
            return gain_of(new_losses, best_losses)
        if new is None or best is None:
            return None
        return gain_of_scores(new, best, is_greater_better=is_greater_better)
    except (OverflowError, ValueError):
        return None


def is_accepted(gain: Gain, *, question: int, alpha: float = ALPHA) -> bool:
    """Decide whether a new submission's score may be shown.

    Args:
        gain: over the accepted one.
        question: 1 for the first submission to this benchmark by anyone, and so on.
        alpha: the chance, over all questions, of one false acceptance.
    """
    error = max(gain.error, FLOOR * gain.own_error)
    return gain.mean > 0 and gain.mean > needed(question, alpha=alpha) * error


def coarse(value: float, low: float, high: float) -> Shown:
    """Round a score with its 95 % interval to half its standard error, or finer.

    The step is 1, 2 or 5 times a power of ten: one that followed the error exactly
    would tell the score by its last digits. The interval holds the exact one.
    """
    step = _step((high - low) / (2 * Z) / 2)
    if not step:
        return Shown(value, low, high)
    near = round(value / step)
    below = ceil((value - low) / step + 0.5)
    above = ceil((high - value) / step + 0.5)
    return Shown(*(_times(near + off, step) for off in (0, -below, above)))


def _error(length: float, mean: float, rows: int) -> float:
    """Return the standard error of a mean from the Euclidean length of its numbers."""
    spread = max(length * length - rows * mean * mean, 0.0)
    return sqrt(spread / (rows - 1) / rows)


def _step(most: float) -> float:
    if most <= 0:
        return 0.0
    power = 10.0 ** floor(log10(most))
    return next(power * each for each in STEPS if power * each <= most * (1 + 1e-9))


def _times(count: int, step: float) -> float:
    return float(f"{count * step:.12g}")
