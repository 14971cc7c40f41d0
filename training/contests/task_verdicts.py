"""Decides what a guarded board tells where there are several tasks: a Ladder for each.

Each task is held against what was accepted of the entrant in that task, and spends a
question of the one budget, so that of a task's hidden rows no more is told than if it
were a contest by itself: nothing that another task scores has a part in it. A submission
is accepted if it is in some task; what counts in the end is the exact best of those that
were, which nobody is told before.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.storage.queries import open_blob
from training.contests.models import Attempt, Contest, Score, Split, Verdict
from training.contests.rounding import told_coarsely
from training.contests.several import OVERALL, AskedTask, overall, parted, tasks_of
from training.jobs import MetricValue
from training.leaderboards import ladder
from training.leaderboards.columns import Number
from training.leaderboards.losses import NoLosses, losses_in
from training.runs.models import RunStatus

Held = dict[str, Attempt]  # by task: whose score is shown there


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an entrant is told: numbers by measure, and since when."""

    numbers: Mapping[str, Number]
    reached_at: datetime


def consider_tasks(
    contest: Contest, *, version: int, truth: str, at: datetime
) -> set[int]:
    """Decide on the scores of each task that were not decided on, the first first.

    Args:
        contest: guarded, of several tasks, its board held.
        version: of the scorer.
        truth: the SHA-256 of the labels.
        at: now.

    Returns:
        The entrants of whom something was decided.
    """
    waiting = list(
        _scored(contest, version, truth)
        .filter(submission__entrant__is_baseline=False, verdict=None)
        .order_by("submission__submitted_at", "pk")
    )
    baseline = _baseline(contest, version, truth)
    if not waiting or baseline is None:
        return set()
    entrants = {each.submission.entrant_id for each in waiting}
    held = _held(contest, version, truth, entrants)
    asked = tasks_of(contest)
    known = [
        baseline,
        *waiting,
        *(one for each in held.values() for one in each.values()),
    ]
    scores = _scores(known, [each.measure for each in asked])
    if any(each.measure not in scores[baseline.pk] for each in asked):
        return set()
    losses = {each.pk: _losses(each) for each in known}
    last = Verdict.objects.filter(contest=contest).order_by("-question").first()
    question = last.question if last else 0
    verdicts = []
    for attempt in waiting:
        mine = held[attempt.submission.entrant_id]
        accepted = []
        for number, task in enumerate(asked, start=question + 1):
            best = mine.get(task.name, baseline)
            gain = _gain(task, attempt, best, scores=scores, losses=losses)
            if gain is not None and ladder.is_accepted(gain, question=number):
                accepted.append(task.name)
        question += len(asked)
        verdict = Verdict(
            attempt=attempt,
            contest=contest,
            question=question,
            is_accepted=bool(accepted),
            tasks=accepted,
            against=next(iter(mine.values()), baseline),
            considered_at=at,
        )
        verdicts.append(verdict)
        if not accepted:
            continue
        now = {**mine, **dict.fromkeys(accepted, attempt)}
        shown = _overall(contest, now, baseline, scores)
        verdict.value, verdict.low, verdict.high = shown.value, shown.low, shown.high
        if attempt.submission.is_ranked:
            held[attempt.submission.entrant_id] = now
    Verdict.objects.bulk_create(verdicts)
    return entrants


def accepted_numbers(
    contest: Contest, entrants: Collection[int]
) -> dict[int, Accepted]:
    """Return what a guarded board tells of entrants, of each task what was accepted last.

    Where nothing was, it tells of the baseline, from which everyone starts.

    Args:
        contest: of several tasks.
        entrants: of whom something was accepted.

    Returns:
        By entrant; none where the baseline is not scored.
    """
    version, truth = contest.scorer_version, contest.truth_id
    held = _held(contest, version, truth, entrants)
    baseline = _baseline(contest, version, truth)
    if baseline is None:
        return {}
    known = [baseline, *(one for each in held.values() for one in each.values())]
    scores = _scores(known)
    asked = tasks_of(contest)
    found = {}
    for entrant in entrants:
        mine = held[entrant]
        numbers: dict[str, Number] = {}
        for task in asked:
            of_task = scores[mine.get(task.name, baseline).pk]
            numbers |= {
                name: _coarse(each)
                for name, each in of_task.items()
                if parted(name)[0] == task.name
            }
        shown = _overall(contest, mine, baseline, scores)
        numbers[shown.name] = Number(shown.value, shown.low, shown.high)
        since = max(each.submission.submitted_at for each in mine.values())
        found[entrant] = Accepted(numbers, since)
    return found


def accepted_scores(
    exact: Sequence[Score], verdict: Verdict, contest: Contest
) -> list[Score]:
    """Return what is told of a submission: of the tasks in which it was accepted.

    Over all tasks only where it was accepted in each: else others have a part in that.
    """
    told = [
        coarse_score(each) for each in exact if parted(each.metric)[0] in verdict.tasks
    ]
    if contest.metric in OVERALL and len(verdict.tasks) == len(contest.tasks):
        over_all = {"value": verdict.value, "low": verdict.low, "high": verdict.high}
        return [Score(metric=contest.metric, split=Split.PUBLIC, **over_all), *told]
    return told


def coarse_score(score: Score) -> Score:
    """Return a score as it may be told, unsaved."""
    shown = _coarse(score)
    return Score(
        metric=score.metric,
        split=score.split,
        value=shown.value,
        low=shown.low,
        high=shown.high,
    )


def losses_of_tasks(packed: bytes) -> dict[str, Sequence[float]]:
    """Return the losses of each task that has some, from the zip that keeps them."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {name: losses_in(archive.read(name)) for name in archive.namelist()}
    except (zipfile.BadZipFile, NoLosses):
        return {}


def _scored(contest: Contest, version: int, truth: str) -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        submission__contest=contest,
        submission__withdrawn_at=None,
        scorer_version=version,
        truth=truth,
        run__status=RunStatus.SUCCEEDED,
    ).select_related("submission", "losses")


def _baseline(contest: Contest, version: int, truth: str) -> Attempt | None:
    own = Q(submission__entrant__is_baseline=True)
    ordered = _scored(contest, version, truth).order_by(
        "submission__submitted_at", "pk"
    )
    return ordered.filter(own).first()


def _held(
    contest: Contest, version: int, truth: str, entrants: Iterable[int]
) -> dict[int, Held]:
    """Return whose score is shown of each entrant in each task where one is."""
    accepted = _scored(contest, version, truth).filter(
        verdict__is_accepted=True,
        submission__is_ranked=True,
        submission__entrant__in=list(entrants),
    )
    held: dict[int, Held] = defaultdict(dict)
    for attempt in accepted.select_related("submission", "losses", "verdict").order_by(
        "verdict__question"
    ):
        for name in attempt.verdict.tasks:
            held[attempt.submission.entrant_id][name] = attempt
    return held


def _scores(
    attempts: Iterable[Attempt], measures: Collection[str] | None = None
) -> dict[UUID, dict[str, Score]]:
    found: dict[UUID, dict[str, Score]] = defaultdict(dict)
    wanted = Score.objects.filter(
        attempt__in={each.pk for each in attempts}, split=Split.PUBLIC
    )
    if measures is not None:
        wanted = wanted.filter(metric__in=measures)
    for score in wanted:
        found[score.attempt_id][score.metric] = score
    return found


def _losses(attempt: Attempt) -> dict[str, Sequence[float]]:
    if attempt.losses is None:
        return {}
    with open_blob(attempt.losses.pk) as kept:
        return losses_of_tasks(kept.read())


def _gain(
    task: AskedTask,
    new: Attempt,
    best: Attempt,
    *,
    scores: Mapping[UUID, Mapping[str, Score]],
    losses: Mapping[UUID, Mapping[str, Sequence[float]]],
) -> ladder.Gain | None:
    """Return how much better it is in a task; None if the numbers are too wild to say."""
    own, before = scores[new.pk].get(task.measure), scores[best.pk].get(task.measure)
    if own is None or before is None:
        return None
    return ladder.gain_between(
        losses[new.pk].get(task.name, ()),
        losses[best.pk].get(task.name, ()),
        ladder.Shown(own.value, own.low, own.high),
        ladder.Shown(before.value, before.low, before.high),
        is_greater_better=task.facts.is_greater_better,
    )


def _coarse(score: Score) -> Number:
    return told_coarsely(score.metric, score.value, score.low, score.high)


def _overall(
    contest: Contest,
    held: Held,
    baseline: Attempt,
    scores: Mapping[UUID, Mapping[str, Score]],
) -> MetricValue:
    """Return what ranks, of what is told of each task."""
    asked = tasks_of(contest)
    told = {}
    for task in asked:
        kept = scores[held.get(task.name, baseline).pk][task.measure]
        number = _coarse(kept)
        told[task.measure] = MetricValue(
            task.measure, number.value, number.low, number.high
        )
    found = overall(asked, contest.metric, told)
    if found is None:
        raise LookupError(f"{contest.slug} has a task without a score")
    return found
