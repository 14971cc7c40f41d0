"""How to answer a thousand questions about hidden rows without giving them away.

The alpha-spending Ladder: a new score is shown only if it beats the best so far by more
than chance would in any of all the questions asked of this benchmark, by anyone. The
allowances sum to `alpha`, so a board full of lucky guesses is as rare as that.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
FLOOR = 0.25  # of the best's own standard error: a small edit is never free


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be told of a new score.

    `shown_loss` is the mean loss, rounded to half its standard error; None says "not
    distinguishable from your best".
    """

    is_accepted: bool
    shown_loss: float | None


def allowance(question: int, *, alpha: float = ALPHA) -> float:
    """Return the chance of error spent on the k-th question; they sum to `alpha`."""
    return alpha / (question * (question + 1))


def consider(
    new: NDArray[np.float64],
    best: NDArray[np.float64],
    *,
    question: int,
    alpha: float = ALPHA,
) -> Verdict:
    """Decide whether a new submission's score may be shown.

    Args:
        new: (n,) its loss on each hidden row, smaller is better, n at least 2.
        best: (n,) the team's accepted losses so far; at first, the benchmark's own
            baseline's, so that a thousand new accounts start where everyone does.
        question: 1 for the first submission to this benchmark by anyone, and so on.
        alpha: the chance, over all questions, of one false acceptance.
    """
    rows = len(new)
    gain = best - new
    own_error = float(best.std(ddof=1)) / sqrt(rows)
    error = max(float(gain.std(ddof=1)) / sqrt(rows), FLOOR * own_error)
    needed = -NormalDist().inv_cdf(allowance(question, alpha=alpha)) * error
    mean_gain = float(gain.mean())
    if mean_gain <= needed or mean_gain <= 0:
        return Verdict(is_accepted=False, shown_loss=None)
    step = float(new.std(ddof=1)) / sqrt(rows) / 2
    mean = float(new.mean())
    shown = round(mean / step) * step if step else mean
    return Verdict(is_accepted=True, shown_loss=shown)
