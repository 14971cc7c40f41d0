"""Which metrics a contest may rank by, and what its board shows beside them."""

from collections.abc import Collection

from django.utils.translation import gettext, gettext_noop

from training.contests.models import Contest, ContestPhase, Task
from training.contests.several import OVERALL, Asks, overall_facts, parted
from training.jobs import Target
from training.kinds import METRIC_FACTS, Kind, MetricFacts, Needs

CALIBRATION = "ece"
TASKS_WITH_METRICS = [each for each in Task if each not in {Task.PROGRAM, Task.SEVERAL}]


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
    """Return a metric's title to its reader; a column of a host's program is its own."""
    if name in OVERALL:
        return gettext(OVERALL[name].title)
    task, metric = parted(name)
    if metric not in METRIC_FACTS:
        return name
    title = gettext(METRIC_FACTS[metric].title)
    return f"{task}: {title}" if task else title


def choice_of(name: str) -> str:
    """Return a metric's title and what it is, as people choose it."""
    return f"{title_of(name)}: {gettext(METRIC_FACTS[name].description)}"


def not_computed(task: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Return the titles of a task's metrics that are not among these, each with why.

    Args:
        task: of the contest.
        names: of the metrics that a submission has.
    """
    if task == Task.PROGRAM:
        return []
    told = {METRIC_FACTS[name].needs for name in names if name in METRIC_FACTS}
    return [
        (
            title_of(name),
            gettext("it does not exist for these rows and answers.")
            if (needs := METRIC_FACTS[name].needs) in told
            else gettext(
                "it is computed from %(needs)s, which the answers do not have."
            )
            % {"needs": gettext(needs.told)},
        )
        for name in computed_for(task)
        if name not in names
    ]


def facts_of(contest: Contest) -> MetricFacts:
    """Return what people read of the number that ranks."""
    if contest.task == Task.SEVERAL:
        return overall_facts(contest)
    if contest.task != Task.PROGRAM:
        return METRIC_FACTS[contest.metric]
    return MetricFacts(
        contest.metric,
        is_greater_better=contest.greater_is_better,
        needs=Needs.VALUES,
        kinds=(),
        description=gettext_noop("The host's own program computes it."),
        reading=gettext_noop("What it means, the contest's description says."),
        source=gettext_noop("The contest's scoring program."),
        least=None,
        most=None,
        interval=gettext_noop("None: the program gives one number."),
    )


def target_of(contest: Asks, phase: ContestPhase | None = None) -> Target:
    """Return what a contest asks for and how it is scored, as the runner takes it.

    Args:
        contest: which, or one of its tasks.
        phase: what is scored was handed in to it; it may have private rows of its own.
    """
    has_own = phase is not None and phase.has_board
    split = (
        phase.split_column if phase is not None and has_own else contest.split_column
    )
    return Target(
        metrics=scored_metrics(contest.task, ranking=contest.metric),
        classes=tuple(contest.classes),
        id_column=contest.id_column,
        column=contest.target_column,
        split_column=split,
        kind=Kind(contest.task),
    )


def subgroups_of(contest: Contest, phase: ContestPhase | None = None) -> str | None:
    """Return the SHA-256 of what tells in which subgroup each row is, if anything does.

    A phase with rows of its own has none.
    """
    has_own = phase is not None and phase.has_board
    return None if has_own else contest.subgroups_id
