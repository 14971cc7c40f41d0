"""Decides what a guarded board tells of a score: the Ladder, with one budget for all."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet, Subquery

from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests.models import Attempt, Contest, Split, Task, Verdict
from training.contests.rounding import told_coarsely
from training.contests.task_verdicts import consider_tasks
from training.leaderboards import ladder
from training.leaderboards.losses import NoLosses, losses_in
from training.runs.models import RunStatus

CACHED = 64
MOST_CACHED_BYTES = 1 << 19  # so that a process holds 64 MiB of losses at most


def consider_waiting(
    contest: Contest, *, version: int, truth: str, at: datetime
) -> set[int]:
    """Decide on each score of a scorer version that was not decided on, the first first.

    Before the contest's own baseline is scored nothing is decided: a thousand accounts
    whose first score is shown for nothing would learn the labels.

    Args:
        contest: guarded, its board held.
        version: of the scorer.
        truth: the SHA-256 of the labels; of a phase's own, where it has some. The budget
            is one for all of them.
        at: now.

    Returns:
        The entrants of whom something was decided.
    """
    if contest.task == Task.SEVERAL:
        return consider_tasks(contest, version=version, truth=truth, at=at)
    waiting, baseline, best = _compared(contest, version, truth)
    if not waiting or baseline is None:
        return set()
    verdicts = []
    for question, attempt in enumerate(waiting, start=1 + (waiting[0].asked or 0)):
        entrant = attempt.submission.entrant_id
        against = best.get(entrant, baseline)
        gain = _gain(attempt, against, contest)
        verdict = Verdict(
            attempt=attempt,
            contest=contest,
            question=question,
            is_accepted=gain is not None
            and ladder.is_accepted(gain, question=question),
            against=against,
            considered_at=at,
        )
        verdicts.append(verdict)
        if verdict.is_accepted:
            shown = told_coarsely(
                contest.metric, attempt.value, attempt.low, attempt.high
            )
            verdict.value, verdict.low, verdict.high = (
                shown.value,
                shown.low,
                shown.high,
            )
            if attempt.submission.is_ranked:
                best[entrant] = attempt
    Verdict.objects.bulk_create(verdicts)
    return {each.submission.entrant_id for each in waiting}


def losses_in_blob(blob: Blob | None) -> Sequence[float]:
    """Return the loss on each row as an attempt keeps it; none where none are kept."""
    try:
        return _losses(blob) if blob is not None else ()
    except NoLosses:
        return ()


def _scored(contest: Contest, version: int, truth: str) -> QuerySet[Attempt]:
    """Return what was scored and not withdrawn, each with its ranking score."""
    score = Q(scores__split=Split.PUBLIC, scores__metric=contest.metric)
    return (
        Attempt.objects.filter(
            submission__contest=contest,
            submission__withdrawn_at=None,
            scorer_version=version,
            truth=truth,
            run__status=RunStatus.SUCCEEDED,
        )
        .annotate(
            ranking=FilteredRelation("scores", condition=score),
            value=F("ranking__value"),
            low=F("ranking__low"),
            high=F("ranking__high"),
        )
        .select_related("submission", "losses")
    )


def _compared(
    contest: Contest, version: int, truth: str
) -> tuple[list[Any], Any, dict[int, Any]]:
    """Return what waits for a verdict, and what it is held against: in one query.

    Returns:
        What waits, the first first, each with the last question that was `asked`; what
        everyone's first has to beat, the oldest baseline's, if it is scored; and the last
        that was accepted of each entrant for whom something waits, which is their best.
    """
    scored = _scored(contest, version, truth)
    is_baseline = Q(submission__entrant__is_baseline=True)
    is_waiting = Q(verdict=None) & ~is_baseline
    oldest = scored.filter(is_baseline).order_by("submission__submitted_at", "pk")
    accepted = Attempt.objects.filter(
        verdict__contest=contest,
        verdict__is_accepted=True,
        scorer_version=version,
        truth=truth,
        submission__withdrawn_at=None,
        submission__is_ranked=True,
        submission__entrant__in=scored.filter(is_waiting).values("submission__entrant"),
    ).order_by("submission__entrant", "-verdict__question")
    best = accepted.distinct("submission__entrant")
    last = Verdict.objects.filter(contest=contest).order_by("-question")
    found = (
        scored.filter(
            is_waiting | Q(pk__in=oldest.values("pk")[:1]) | Q(pk__in=best.values("pk"))
        )
        .annotate(
            is_baseline=F("submission__entrant__is_baseline"),
            is_waiting=Q(verdict=None),
            asked=Subquery(last.values("question")[:1]),
        )
        .order_by("submission__submitted_at", "pk")
    )
    baselines = [each for each in found if each.is_baseline]
    others = [each for each in found if not each.is_baseline]
    return (
        [each for each in others if each.is_waiting],
        baselines[0] if baselines else None,
        {each.submission.entrant_id: each for each in others if not each.is_waiting},
    )


def _gain(new: Any, best: Any, contest: Contest) -> ladder.Gain | None:
    """Return how much better it is; None if the numbers are too wild to say."""
    return ladder.gain_between(
        losses_in_blob(new.losses),
        losses_in_blob(best.losses),
        _shown(new),
        _shown(best),
        is_greater_better=contest.greater_is_better,
    )


def _shown(attempt: Any) -> ladder.Shown | None:
    if attempt.value is None:
        return None
    return ladder.Shown(attempt.value, attempt.low, attempt.high)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Losses by their digest, which never change; `data` are their bytes, if at hand."""

    sha256: str
    data: bytes | None = field(default=None, compare=False)


def remember(blob: Blob, data: bytes) -> None:
    """Keep losses that were just stored at hand, since they are soon asked for."""
    if blob.size_bytes <= MOST_CACHED_BYTES:
        with suppress(NoLosses):
            _cached(_Kept(blob.pk, data))


def _losses(blob: Blob) -> Sequence[float]:
    is_small = blob.size_bytes <= MOST_CACHED_BYTES
    return (_cached if is_small else _read)(_Kept(blob.pk))


def _read(kept: _Kept) -> Sequence[float]:
    if kept.data is not None:
        return losses_in(kept.data)
    with open_blob(kept.sha256) as file:
        return losses_in(file.read())


_cached = lru_cache(CACHED)(_read)
