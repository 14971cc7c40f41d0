"""Which metrics a contest may rank by, and what its board shows beside them."""

from training.kinds import METRIC_FACTS

CALIBRATION = "ece"


def computed_for(task: str) -> list[str]:
    """Return the names of all metrics that make sense for a task."""
    return [name for name, facts in METRIC_FACTS.items() if task in facts.kinds]


def ranking_for(task: str) -> list[str]:
    """Return the names of those that may rank: a model may be calibrated and useless."""
    return [name for name in computed_for(task) if name != CALIBRATION]


def scored_metrics(task: str, *, ranking: str) -> tuple[str, ...]:
    """Return the names of all that is computed, the one that ranks first."""
    return (ranking, *(name for name in computed_for(task) if name != ranking))


def title_of(name: str) -> str:
    return METRIC_FACTS[name].title
