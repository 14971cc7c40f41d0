"""What a board shows beside the score: what a host may choose, and numbers of attempts."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from training.contests.catalogue import CALIBRATION, computed_for, facts_of, title_of
from training.contests.hosted_programs import program_of
from training.contests.models import (
    Attempt,
    Contest,
    Edition,
    Format,
    Score,
    Split,
    SubgroupScores,
    Task,
)
from training.contests.ranking import Merit
from training.contests.rounding import told_coarsely
from training.contests.several import (
    OVERALL,
    measure_of,
    parted,
    task_columns,
    tasks_of,
)
from training.contests.subgroups import GAP, MEASURES, WORST, numbers_in
from training.kinds import METRIC_FACTS
from training.leaderboards.columns import (
    BoardColumn,
    Number,
    Scheme,
    Source,
    numbers_of,
)

LATENCY, MEMORY = "latency_ms_per_row", "peak_memory_bytes"
KEPT_APART = (CALIBRATION, LATENCY, MEMORY)  # each has a column of the table of rows
USAGE = {
    LATENCY: gettext_noop("A row takes"),
    MEMORY: gettext_noop("Peak memory"),
    "cpu_seconds": gettext_noop("Processor seconds"),
    "wall_seconds": gettext_noop("Seconds"),
    "energy_joules": gettext_noop("Energy, joules"),
    "cost_minor": gettext_noop("Compute cost, minor units"),
}

Packed = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class RankedBy:
    """The number that a board ranks by, or shows first where it ranks by several."""

    key: str
    title: str
    is_greater_better: bool

    @property
    def sign(self) -> float:
        """Return what the number is multiplied by so that more is better."""
        return 1.0 if self.is_greater_better else -1.0


def columns_of(contest: Contest) -> tuple[BoardColumn, ...]:
    """Return the columns that the hosts chose, hidden ones too; none if they did not."""
    return tuple(BoardColumn.from_json(told) for told in contest.board_columns)


def ranking_of(contest: Contest) -> tuple[BoardColumn, ...]:
    """Return the columns by which the board ranks; none where the metric alone does."""
    if contest.ranking == Scheme.SCORE:
        return ()
    return tuple(each for each in columns_of(contest) if each.ranks)


def ranked_by(contest: Contest) -> RankedBy:
    """Return what the scores of the board's rows are."""
    if contest.ranking == Scheme.LEXICOGRAPHIC:
        first = ranking_of(contest)[0]
        return RankedBy(first.key, first.title, first.is_greater_better)
    return RankedBy(contest.metric, title_of(contest.metric), contest.greater_is_better)


def ranks_by_metric(contest: Contest) -> bool:
    """Whether the contest's metric ranks, or ranks first."""
    if contest.ranking != Scheme.LEXICOGRAPHIC:
        return contest.ranking == Scheme.SCORE
    first = ranking_of(contest)[0]
    is_same_way = first.is_greater_better == contest.greater_is_better
    return first.measure == contest.metric and is_same_way


def shown_columns(contest: Contest, *, is_host: bool) -> tuple[BoardColumn, ...]:
    """Return the columns beside the score that somebody sees.

    Args:
        contest: whose board.
        is_host: for who runs it; everyone else does not see hidden ones.
    """
    if not contest.board_columns:
        return default_columns(contest)
    return chosen_columns(contest, is_host=is_host)


def chosen_columns(contest: Contest, *, is_host: bool) -> tuple[BoardColumn, ...]:
    """Return the columns that the hosts chose and somebody sees, as editions show them."""
    return tuple(each for each in columns_of(contest) if is_host or not each.is_hidden)


def columns_of_edition(edition: Edition, *, is_host: bool) -> tuple[BoardColumn, ...]:
    """Return the columns that an edition shows: those of a phase's board have none."""
    if edition.phase_id is not None:
        return ()
    return chosen_columns(edition.contest, is_host=is_host)


def default_columns(contest: Contest) -> tuple[BoardColumn, ...]:
    """Return what a board shows whose hosts chose nothing."""
    if contest.task == Task.SEVERAL:
        return tuple(task_columns(tasks_of(contest), ranks=False))
    calibration = BoardColumn(
        CALIBRATION,
        gettext_noop("Calibration error"),
        Source.METRIC,
        CALIBRATION,
        is_greater_better=False,
    )
    usage = (
        BoardColumn(name, USAGE[name], Source.USAGE, name, is_greater_better=False)
        for name in (LATENCY, MEMORY)
    )
    is_calibrated = CALIBRATION in computed_for(contest.task)
    return (*([calibration] if is_calibrated else []), *usage)


def measures_of(contest: Contest) -> dict[Source, list[str]]:
    """Return what columns of the contest may show, by where it comes from."""
    metrics = computed_for(contest.task)
    if contest.task == Task.PROGRAM:
        program = program_of(contest)
        told = program.columns if program else []
        metrics = [each["key"] for each in told if not each.get("is_hidden")]
    if contest.task == Task.SEVERAL:
        metrics = [contest.metric] if contest.metric in OVERALL else []
        for each in tasks_of(contest):
            metrics += [measure_of(each.name, one) for one in computed_for(each.task)]
    return {
        Source.METRIC: metrics,
        Source.USAGE: list(USAGE),
        Source.SUBGROUP: list(MEASURES) if contest.subgroups_id else [],
    }


def title_of_measure(name: str) -> str:
    """Return what people call a metric, or something that runs tell of."""
    said = USAGE.get(name) or MEASURES.get(name)
    return gettext(said) if said else title_of(name)


def is_greater_better(contest: Contest, measure: str) -> bool:
    """Return which end of a measure is good, where that is known; more, if it is not."""
    if measure in {contest.metric, WORST}:
        return facts_of(contest).is_greater_better
    _, name = parted(measure) if contest.task == Task.SEVERAL else ("", measure)
    if name in METRIC_FACTS:
        return METRIC_FACTS[name].is_greater_better
    return measure != GAP and measure not in USAGE


def packed_numbers(
    contest: Contest,
    attempts: Iterable[Attempt],
    *,
    split: Split = Split.PUBLIC,
    columns: Sequence[BoardColumn] | None = None,
) -> dict[uuid.UUID, Packed]:
    """Return what each attempt has in the columns that hosts chose, as rows keep it.

    It takes one query for metrics and one for subgroups, none where the board shows none
    of them. On a guarded board the numbers are as coarse as its scores are, and nothing
    is told of subgroups until it is frozen (decision 0007).

    Args:
        contest: whose board.
        attempts: with their runs and submissions.
        split: of whose rows.
        columns: others than the hosts chose.

    Returns:
        `[value, low, high]` by the key of the column, for each attempt.
    """
    if columns is None:
        columns = columns_of(contest)
    wanted = {each.measure for each in columns if each.source is Source.METRIC}
    given = list(attempts)
    measured: dict[uuid.UUID, dict[str, Number]] = {
        each.pk: usage_of(each) for each in given
    }
    if wanted:
        scores = Score.objects.filter(
            attempt__in=list(measured), split=split, metric__in=wanted
        )
        is_coarse = contest.is_guarded and split == Split.PUBLIC
        for score in scores:
            measured[score.attempt_id][score.metric] = _number(
                score.metric, score, is_coarse=is_coarse
            )
    for pk, told in _of_subgroups(contest, list(measured), split).items():
        measured[pk] |= told
    return {
        pk: {
            key: [number.value, number.low, number.high]
            for key, number in numbers_of(columns, found).items()
        }
        for pk, found in measured.items()
    }


def _of_subgroups(
    contest: Contest, attempts: Sequence[uuid.UUID], split: Split
) -> dict[uuid.UUID, dict[str, Number]]:
    """Return what columns may show of subgroups now, for each attempt that has some."""
    is_shown = any(each.source is Source.SUBGROUP for each in columns_of(contest))
    is_coarse = contest.is_guarded and split == Split.PUBLIC
    if not is_shown or (is_coarse and contest.frozen_at is None):
        return {}
    kept = SubgroupScores.objects.filter(
        attempt__in=attempts, split=split, subgroups=contest.subgroups_id
    )
    return {
        each.attempt_id: {
            name: _number(
                contest.metric if name == WORST else name, number, is_coarse=is_coarse
            )
            for name, number in numbers_in(
                each, is_greater_better=contest.greater_is_better
            ).items()
        }
        for each in kept
    }


def _number(metric: str, score: Score | Number, *, is_coarse: bool) -> Number:
    if not is_coarse:
        return Number(score.value, score.low, score.high)
    return told_coarsely(metric, score.value, score.low, score.high)


def usage_of(attempt: Attempt) -> dict[str, Number]:
    """Return what a run took, of models alone: a table has no speed of its own."""
    usage = attempt.run.usage or {}
    if attempt.submission.format == Format.PREDICTIONS:
        return {}
    told = {name: usage.get(name) for name in USAGE}
    return {
        name: Number(float(value), float(value), float(value))
        for name, value in told.items()
        if value is not None
    }


def merits(kept: Packed, columns: Sequence[BoardColumn]) -> tuple[Merit | None, ...]:
    """Return what a row has in columns that rank, turned so that more is better."""
    found: list[Merit | None] = []
    for column in columns:
        if (number := kept.get(column.key)) is None:
            found.append(None)
            continue
        low, high = sorted((column.sign * number[1], column.sign * number[2]))
        found.append(Merit(column.sign * number[0], low, high))
    return tuple(found)


def hidden_measures(contest: Contest) -> set[str]:
    """Return the measures that hosts alone see; what ranks is told in any case."""
    columns = columns_of(contest)
    shown = {each.measure for each in columns if not each.is_hidden}
    hidden = {each.measure for each in columns if each.is_hidden}
    return hidden - shown - {contest.metric, ""}


def bounds(
    row: Mapping[str, Any], columns: Sequence[BoardColumn]
) -> dict[str, tuple[float, float]]:
    """Return the 95 % intervals of what a row shows in some columns, by their keys.

    Args:
        row: the fields of a `BoardRow` or an `EditionRow`.
        columns: of its contest, chosen or not.
    """
    kept = row["columns"]
    return {
        each.key: (kept[each.key][1], kept[each.key][2])
        for each in columns
        if each.key in kept
    }


def cells(row: Mapping[str, Any], columns: Sequence[BoardColumn]) -> list[float | None]:
    """Return what a row shows in some columns, in their order; None where it has none.

    Args:
        row: the fields of a `BoardRow` or an `EditionRow`.
        columns: of its contest, chosen or not.
    """
    kept = row["columns"]
    return [
        kept[each.key][0]
        if each.key in kept
        else row.get(each.measure)
        if not kept and each.measure in KEPT_APART
        else None
        for each in columns
    ]
