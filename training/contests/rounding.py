"""What a guarded board tells of a score: coarsely, and within the metric's range."""

from training.contests.several import OVERALL, parted
from training.contests.subgroups import GAP
from training.kinds import METRIC_FACTS
from training.leaderboards.columns import Number
from training.leaderboards.ladder import coarse


def told_coarsely(metric: str, value: float, low: float, high: float) -> Number:
    """Round a score as the Ladder tells it; its interval stays where scores can be.

    Args:
        metric: its name, with that of its task where there are several. Of a number of
            a host's program no range is known.
        value: exact.
        low: of its 95 % interval.
        high: likewise.
    """
    shown = coarse(value, low, high)
    least, most = _range_of(metric)
    return Number(
        shown.value,
        shown.low if least is None else max(shown.low, least),
        shown.high if most is None else min(shown.high, most),
    )


def _range_of(metric: str) -> tuple[float | None, float | None]:
    if metric == GAP:
        return 0.0, None
    name = parted(metric)[1]
    facts = OVERALL.get(name) or METRIC_FACTS.get(name)
    return (None, None) if facts is None else (facts.least, facts.most)
