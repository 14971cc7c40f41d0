"""Contests of several tasks: what each asks, and the one number over all of them.

A submission answers every task. What a task scores is called `german.accuracy`, by the
task and its metric; what is said of all tasks together is one of `OVERALL`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

from django.utils.translation import gettext, gettext_noop

from training.contests.models import Contest, RankingScheme
from training.jobs import MetricValue
from training.kinds import METRIC_FACTS, Kind, MetricFacts, Needs
from training.leaderboards.columns import BoardColumn, Source

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 30
FEWEST_TASKS, MOST_TASKS = 2, 10
MOST_WEIGHT = 1000.0
BETWEEN = "."
MEAN, ERROR = "tasks_mean", "tasks_error"
BY_RANKS, BY_MEAN = "mean_rank", "mean_score"
NO_ERROR = 1e-6  # of a metric: a perfect task must not decide alone

OVERALL: Mapping[str, MetricFacts] = {
    MEAN: MetricFacts(
        gettext_noop("Mean over tasks"),
        is_greater_better=True,
        needs=Needs.VALUES,
        kinds=(),
        description=gettext_noop("The mean of the tasks’ scores, by their weights."),
        reading=gettext_noop(
            "Every task counts by its weight, however many rows it has."
        ),
        source=gettext_noop(
            "Arithmetic mean; tasks are independent, so squares of half-widths add."
        ),
        least=None,
        most=None,
        interval=gettext_noop("From those of the tasks, whose rows are others."),
    ),
    ERROR: MetricFacts(
        gettext_noop("Error over tasks"),
        is_greater_better=False,
        needs=Needs.VALUES,
        kinds=(),
        description=gettext_noop(
            "The geometric mean of what each task lacks to the best possible."
        ),
        reading=gettext_noop(
            "A tenth less error counts alike in every task, whatever its metric."
        ),
        source="P. J. Fleming and J. J. Wallace, How not to lie with statistics, CACM "
        "29(3), 1986.",
        least=0.0,
        most=None,
        interval=gettext_noop("From those of the tasks, whose rows are others."),
    ),
}


class Asks(Protocol):
    """What is to be predicted: that of a contest, or of one of its tasks."""

    @property
    def task(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def classes(self) -> Sequence[str]: ...
    @property
    def id_column(self) -> str: ...
    @property
    def target_column(self) -> str: ...
    @property
    def split_column(self) -> str: ...


class WrongTasks(ValueError):
    """The tasks do not hold together; the message says what to change."""


@dataclass(frozen=True, slots=True)
class AskedTask:
    """One task of a contest: its kind, its metric, and how its files name columns."""

    name: str
    task: str
    metric: str
    classes: tuple[str, ...] = ()
    id_column: str = "id"
    target_column: str = "label"
    split_column: str = ""
    row_count: int = 0
    weight: float = 1.0

    @property
    def measure(self) -> str:
        """Return what the score that ranks in the task is called."""
        return measure_of(self.name, self.metric)

    @property
    def facts(self) -> MetricFacts:
        """Return what people read of its metric."""
        return METRIC_FACTS[self.metric]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON and YAML keep it."""
        return {**asdict(self), "classes": list(self.classes)}

    @classmethod
    def from_json(cls, told: object) -> Self:
        """Return what `as_json` wrote; what is left out has its default.

        Raises:
            WrongTasks: it is nothing of the kind.
        """
        if not isinstance(told, Mapping):
            raise WrongTasks("give each task as a mapping.")
        for name, value in told.items():
            if name not in FIELDS or not isinstance(value, FIELDS[name]):
                raise WrongTasks(f"“{name}” is not known, or of another kind.")
        if missing := {"name", "task", "metric"} - told.keys():
            raise WrongTasks(f"a task lacks its {min(missing)}.")
        classes = told.get("classes", ())
        if not all(isinstance(each, str) for each in classes):
            raise WrongTasks("classes are texts.")
        weight = float(told.get("weight", 1.0))
        return cls(**{**told, "classes": tuple(classes), "weight": weight})


FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "task", "metric"), str),
    **dict.fromkeys(("id_column", "target_column", "split_column"), str),
    "classes": (list, tuple),
    "row_count": int,
    "weight": (int, float),
}


def measure_of(task: str, metric: str) -> str:
    """Return what a metric of one task is called among the scores of a submission."""
    return f"{task}{BETWEEN}{metric}"


def parted(measure: str) -> tuple[str, str]:
    """Return the task, or "", and the metric that a score's name tells of."""
    task, _, metric = measure.rpartition(BETWEEN)
    return task, metric


def tasks_of(contest: Contest) -> tuple[AskedTask, ...]:
    """Return the tasks of a contest that has several, in their order; else none."""
    return tuple(AskedTask.from_json(told) for told in contest.tasks)


def check_tasks(tasks: Sequence[AskedTask]) -> None:
    """Return if the tasks hold together.

    Raises:
        WrongTasks: says which to change, and how.
    """
    if not FEWEST_TASKS <= len(tasks) <= MOST_TASKS:
        raise WrongTasks(
            f"give {FEWEST_TASKS} to {MOST_TASKS}; {len(tasks)} are there."
        )
    seen: set[str] = set()
    for each in tasks:
        where = f"task “{each.name}”"
        if len(each.name) > LONGEST_NAME or not NAME.fullmatch(each.name):
            raise WrongTasks(
                f"{where}: name it in small letters, digits and single hyphens, "
                f"{LONGEST_NAME} at most."
            )
        if each.name in seen:
            raise WrongTasks(f"two are called “{each.name}”.")
        seen.add(each.name)
        if each.task not in set(Kind):
            raise WrongTasks(f"{where}: there is no kind “{each.task}”.")
        facts = METRIC_FACTS.get(each.metric)
        if facts is None or each.task not in facts.kinds or each.metric == "ece":
            raise WrongTasks(
                f"{where}: “{each.metric}” does not rank tasks of its kind."
            )
        if facts.needs is Needs.SURVIVAL and not each.classes:
            raise WrongTasks(f"{where}: its metric needs horizons, such as 30 and 90.")
        if not 0 < each.weight <= MOST_WEIGHT:
            raise WrongTasks(
                f"{where}: its weight is above 0, {MOST_WEIGHT:g} at most."
            )
    if len({bool(each.split_column) for each in tasks}) > 1:
        raise WrongTasks("either all of them have private rows, or none.")


def shares_metric(tasks: Sequence[AskedTask]) -> bool:
    """Whether a mean of the tasks' scores says anything: all are of one metric."""
    return len({each.metric for each in tasks}) == 1


def ranking_by(tasks: Sequence[AskedTask], by: str) -> tuple[str, RankingScheme]:
    """Return the metric and the scheme of a contest that ranks as a host chose.

    Args:
        tasks: that were checked.
        by: "" or `BY_RANKS` for the mean of the ranks, `BY_MEAN` for that of the
            scores, or the name of the one task that ranks.

    Raises:
        WrongTasks: tasks of other metrics have no mean; or there is no such task.
    """
    if by == BY_MEAN:
        if not shares_metric(tasks):
            raise WrongTasks("a mean of scores is of tasks that share one metric.")
        return MEAN, RankingScheme.SCORE
    if by in {"", BY_RANKS}:
        return MEAN if shares_metric(tasks) else ERROR, RankingScheme.MEAN_RANK
    one = next((each for each in tasks if each.name == by), None)
    if one is None:
        known = ", ".join([BY_RANKS, BY_MEAN, *(each.name for each in tasks)])
        raise WrongTasks(f"to rank by, choose one of {known}.")
    return one.measure, RankingScheme.SCORE


def chosen_ranking(metric: str) -> str:
    """Return what a host chose for a contest to have a metric: see `ranking_by`."""
    if metric in OVERALL:
        return BY_MEAN if metric == MEAN else BY_RANKS
    return parted(metric)[0]


def is_greater_better(tasks: Sequence[AskedTask], metric: str) -> bool:
    """Return which end is good of what `ranking_by` chose."""
    if metric == ERROR:
        return False
    return next(
        each.facts.is_greater_better for each in tasks if metric in {MEAN, each.measure}
    )


def task_columns(tasks: Sequence[AskedTask], *, ranks: bool) -> list[BoardColumn]:
    """Return the column of each task, by its name."""
    return [
        BoardColumn(
            each.name,
            f"{each.name}: {each.facts.title}",
            Source.METRIC,
            each.measure,
            is_greater_better=each.facts.is_greater_better,
            ranks=ranks,
        )
        for each in tasks
    ]


def overall_facts(contest: Contest) -> MetricFacts:
    """Return what people read of the number that ranks over several tasks."""
    task, metric = parted(contest.metric)
    found = METRIC_FACTS[metric] if task else OVERALL[metric]
    return replace(
        found,
        title=f"{task}: {gettext(found.title)}" if task else found.title,
        is_greater_better=contest.greater_is_better,
    )


def overall(
    tasks: Sequence[AskedTask], metric: str, found: Mapping[str, MetricValue]
) -> MetricValue | None:
    """Return the number over all tasks with its 95 % interval.

    Tasks have other rows, so they are independent: the squares of weighted half-widths
    add up, of logarithms where errors are multiplied.

    Args:
        tasks: of the contest.
        metric: one of `OVERALL`, or the measure of one task.
        found: by measure, at least the one that ranks in each task.

    Returns:
        None where a task has no number.
    """
    if metric not in OVERALL:
        return found.get(metric)
    if any(each.measure not in found for each in tasks):
        return None
    total = math.fsum(each.weight for each in tasks)
    told = [
        (each.weight / total, _number(each, metric, found[each.measure]))
        for each in tasks
    ]
    value = math.fsum(share * each.value for share, each in told)
    below = math.hypot(*(share * (each.value - each.low) for share, each in told))
    above = math.hypot(*(share * (each.high - each.value) for share, each in told))
    numbers = (value, value - below, value + above)
    if metric == ERROR:
        numbers = (math.exp(value), math.exp(value - below), math.exp(value + above))
    return MetricValue(metric, *numbers)


def _number(asked: AskedTask, metric: str, found: MetricValue) -> MetricValue:
    """Return a task's score as it is added up: as it is, or its error's logarithm."""
    if metric == MEAN:
        return found
    facts = asked.facts
    best = facts.most if facts.is_greater_better else facts.least
    if best is None:
        raise ValueError(f"{asked.metric} has no best value, so no error")
    low, high = sorted((abs(best - found.low), abs(best - found.high)))
    errors = (abs(best - found.value), low, high)
    return MetricValue(found.name, *(math.log(max(each, NO_ERROR)) for each in errors))
