"""Decides what a guarded board tells of a score: the Ladder, with one budget for all."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests.models import Attempt, Contest, Score, Split, Verdict
from training.leaderboards import ladder
from training.leaderboards.losses import NoLosses, losses_in
from training.runs.models import RunStatus

CACHED = 64
MOST_CACHED_BYTES = 1 << 19  # so that a process holds 32 MiB of losses at most

Scored = Mapping[uuid.UUID, ladder.Shown]


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
    scored = Attempt.objects.filter(
        submission__contest=contest,
        scorer_version=version,
        truth=truth,
        run__status=RunStatus.SUCCEEDED,
    ).select_related("submission", "losses")
    ordered = scored.order_by("submission__submitted_at", "pk")
    waiting = list(
        ordered.filter(
            submission__entrant__is_baseline=False,
            submission__withdrawn_at=None,
            verdict=None,
        )
    )
    baseline = baseline_of(contest, version=version, truth=truth) if waiting else None
    if baseline is None:
        return set()
    asked = Verdict.objects.filter(contest=contest).aggregate(last=Max("question"))
    question = asked["last"] or 0
    best = _accepted(
        contest, version, truth, {each.submission.entrant_id for each in waiting}
    )
    scores = _scores([*waiting, baseline, *best.values()], contest)
    for attempt in waiting:
        question += 1
        entrant = attempt.submission.entrant_id
        against = best.get(entrant, baseline)
        gain = _gain(attempt, against, scores, contest)
        verdict = Verdict(
            attempt=attempt,
            contest=contest,
            question=question,
            is_accepted=gain is not None
            and ladder.is_accepted(gain, question=question),
            against=against,
            considered_at=at,
        )
        if verdict.is_accepted:
            exact = scores[attempt.pk]
            shown = ladder.coarse(exact.value, exact.low, exact.high)
            verdict.value, verdict.low, verdict.high = (
                shown.value,
                shown.low,
                shown.high,
            )
            if attempt.submission.is_ranked:
                best[entrant] = attempt
        verdict.save(force_insert=True)
    return {each.submission.entrant_id for each in waiting}


def baseline_of(contest: Contest, *, version: int, truth: str) -> Attempt | None:
    """Return the scoring that everyone's first has to beat: the oldest baseline's."""
    baselines = Attempt.objects.filter(
        submission__contest=contest,
        submission__entrant__is_baseline=True,
        submission__withdrawn_at=None,
        scorer_version=version,
        truth=truth,
        run__status=RunStatus.SUCCEEDED,
    ).select_related("losses")
    return baselines.order_by("submission__submitted_at", "pk").first()


def losses_of(attempt: Attempt) -> Sequence[float]:
    """Return the loss of an attempt on each public row; none where none are kept."""
    try:
        return _losses(attempt.losses) if attempt.losses is not None else ()
    except NoLosses:
        return ()


def _accepted(
    contest: Contest, version: int, truth: str, entrants: Iterable[int]
) -> dict[int, Attempt]:
    """Return the last that was accepted of each entrant, which is their best."""
    accepted = Attempt.objects.filter(
        verdict__contest=contest,
        verdict__is_accepted=True,
        scorer_version=version,
        truth=truth,
        submission__withdrawn_at=None,
        submission__is_ranked=True,
        submission__entrant__in=entrants,
    ).select_related("submission", "losses")
    last = accepted.order_by("submission__entrant", "-verdict__question")
    return {
        each.submission.entrant_id: each
        for each in last.distinct("submission__entrant")
    }


def _scores(attempts: Iterable[Attempt], contest: Contest) -> Scored:
    found = Score.objects.filter(
        attempt__in=[each.pk for each in attempts],
        split=Split.PUBLIC,
        metric=contest.metric,
    )
    return {
        each.attempt_id: ladder.Shown(each.value, each.low, each.high) for each in found
    }


def _gain(
    new: Attempt, best: Attempt, scores: Scored, contest: Contest
) -> ladder.Gain | None:
    """Return how much better it is; None if the numbers are too wild to say."""
    try:
        if new.losses is not None and best.losses is not None:
            found = _losses(new.losses), _losses(best.losses)
            if len(found[0]) == len(found[1]) > 1:
                return ladder.gain_of(*found)
        return ladder.gain_of_scores(
            scores[new.pk], scores[best.pk], is_greater_better=contest.greater_is_better
        )
    except (KeyError, NoLosses, OverflowError, ValueError):
        return None


def _losses(blob: Blob) -> Sequence[float]:
    is_small = blob.size_bytes <= MOST_CACHED_BYTES
    return _cached(blob.pk) if is_small else _read(blob.pk)


def _read(sha256: str) -> Sequence[float]:
    with open_blob(sha256) as kept:
        return losses_in(kept.read())


_cached = lru_cache(CACHED)(_read)  # what a digest names never changes
