"""Measures whether more rows would help: the same learner fitted to ever more of them."""

from collections.abc import Callable
from pathlib import Path

from training.jobs import Limits
from training.learning import Candidate, LearningPlan
from training.learning_curves import CURVE_SHARES, LearningCurve, learning_curve
from training.runner.sandbox.spec import Sandbox, never
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.fitting import fit_several


def measured_curve(
    learning: Path | bytes,
    candidate: Candidate,
    whole: Fitted,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> LearningCurve | None:
    """Fit a candidate to shares of the rows, and score it on the same rows each time.

    Args:
        learning: of `prepare`.
        candidate: whose curve it is.
        whole: what it was when fitted to all rows.
        plan: as for `prepare`.
        facts: what `prepare` told.
        limits: of the one run that fits them all.
        sandbox: as for `prepare`.
        stop: as for `prepare`.

    Returns:
        None where it learns from too few of the shares.

    Raises:
        SubmissionFailed: it met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    found = fit_several(
        learning,
        [candidate] * len(CURVE_SHARES),
        plan=plan,
        facts=facts,
        limits=limits,
        sandbox=sandbox,
        stop=stop,
        shares=CURVE_SHARES,
    )
    rows = facts.counts[0]
    losses = {
        round(rows * share): one.losses.tolist()
        for share, one in zip(CURVE_SHARES, found, strict=True)
        if isinstance(one, Fitted) and len(one.losses) == len(whole.losses)
    }
    return learning_curve(whole.scores[0].name, {**losses, rows: whole.losses.tolist()})
