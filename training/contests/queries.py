"""What can be asked of contests: who is in, what quota is left, where one stands."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet
from django.http import Http404

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    Edition,
    EditionRow,
    Entrant,
    Score,
    Split,
    Submission,
    Verdict,
)
from training.contests.permissions import may_see_submission, visible_to
from training.jobs import Stage
from training.leaderboards.ladder import FLOOR, Z, coarse, needed
from training.runs.dispatch import WORKER_LOST
from training.runs.models import RunStatus

REFUNDS_A_DAY = 10
SANDBOX_UNAVAILABLE = "sandbox_unavailable"
PLATFORM_FAULTS = frozenset({WORKER_LOST, SANDBOX_UNAVAILABLE})
BEFORE_SCORING = frozenset({Stage.UNPACK, Stage.READ, Stage.LOAD})


@dataclass(frozen=True, slots=True)
class Quota:
    """What an entrant may still hand in before `resets_at` (midnight UTC)."""

    limit: int
    used: int
    resets_at: datetime

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)


def entrant_of(user: User | AnonymousUser, contest: Contest) -> Entrant | None:
    """Return the user's place in the contest, if they have joined."""
    if not user.is_authenticated:
        return None
    return Entrant.objects.filter(contest=contest, user=user, is_baseline=False).first()


def quota_of(entrant: Entrant, contest: Contest, *, at: datetime) -> Quota:
    """Count what an entrant has handed in today, less what is given back.

    Faults of the platform are always given back; files that could not be read and runs
    that were cancelled are, up to `REFUNDS_A_DAY`.
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    firsts = (
        Attempt.objects.filter(
            submission__entrant=entrant,
            submission__submitted_at__gte=day,
            submission__submitted_at__lt=day + timedelta(days=1),
        )
        .order_by("submission", "scorer_version")
        .distinct("submission")
        .values_list("run__status", "run__failure_code", "run__failure_stage")
    )
    used = refunds = 0
    for status, code, stage in firsts:
        if code in PLATFORM_FAULTS:
            continue
        if status == RunStatus.CANCELLED or stage in BEFORE_SCORING:
            refunds += 1
        used += 1
    used -= min(refunds, REFUNDS_A_DAY)
    return Quota(contest.daily_limit, used, day + timedelta(days=1))


def scores_for(submission: Submission, *, is_exact: bool) -> list[Score] | None:
    """Return the public scores of a submission as they may be seen.

    Args:
        submission: with its results.
        is_exact: for who runs the contest. On a guarded board everyone else sees what
            was accepted, coarsely, until the release.

    Returns:
        The one that ranks first; None where the board tells nothing of them.
    """
    exact = submission.shown.public_scores
    if is_exact or not is_guarded(submission):
        return exact
    verdict = verdict_of(submission)
    if verdict is None or not verdict.is_accepted:
        return None
    return [_coarse(score) for score in exact]


def shows_private(contest: Contest, *, is_host: bool, at: datetime) -> bool:
    """Whether private scores may be shown: to hosts from the end, then to whose it is."""
    if contest.released_at is not None:
        return True
    return is_host and at >= contest.ends_at


def is_guarded(submission: Submission) -> bool:
    """Whether the board tells of this submission only what beats chance."""
    contest = submission.contest
    is_open = not contest.is_guarded or contest.released_at is not None
    return not is_open and not submission.entrant.is_baseline


def verdict_of(submission: Submission) -> Verdict | None:
    """Return what was decided of the submission's shown scoring, if anything was."""
    return getattr(submission.shown, "verdict", None)


def why_untold(submission: Submission) -> str:
    """Say why the board tells nothing of a submission that was scored; "" if it does.

    It names no number that the submission's own score has a part in.
    """
    if not is_guarded(submission) or not submission.shown.public_scores:
        return ""
    verdict = verdict_of(submission)
    if verdict is None:
        return (
            "It is scored, and waits for the contest's baseline: what is shown is held "
            "against that first."
        )
    if verdict.is_accepted:
        return ""
    against = Attempt.objects.select_related("verdict", "submission").get(
        pk=verdict.against_id
    )
    kept = getattr(against, "verdict", None) or against.scores.get(
        split=Split.PUBLIC, metric=submission.contest.metric
    )
    own = (kept.high - kept.low) / (2 * Z)
    times = needed(verdict.question)
    is_own = against.submission.entrant_id == submission.entrant_id
    return (
        f"It cannot be told apart from {'your best' if is_own else 'the baseline'}. "
        f"This was question {verdict.question:,} that the hidden rows were asked, by "
        f"everyone together, and the more are asked, the more luck could explain: now a "
        f"score shows if it is better by some {times * FLOOR * own:.2g} where few "
        f"predictions changed, by up to {times * 2**0.5 * own:.2g} where all did. It "
        "has cost a submission of today and nothing else; measure smaller steps on rows "
        "of your own."
    )


def _coarse(score: Score) -> Score:
    shown = coarse(score.value, score.low, score.high)
    return Score(
        metric=score.metric,
        split=score.split,
        value=shown.value,
        low=shown.low,
        high=shown.high,
    )


def submissions_of(contest: Contest) -> QuerySet[Submission]:
    """Return the contest's submissions, each with its attempts, runs and scores."""
    return with_results(Submission.objects.filter(contest=contest))


def with_results(submissions: QuerySet[Submission]) -> QuerySet[Submission]:
    """Bring along what a submission's answer needs, in 2 more queries for them all."""
    return submissions.select_related(
        "contest__namespace", "entrant__user", "blob"
    ).prefetch_related(
        Prefetch("attempts", Attempt.objects.select_related("run", "verdict")),
        "attempts__scores",
    )


def submission_of(user: User | AnonymousUser, submission_id: uuid.UUID) -> Submission:
    """Return a submission with its results to who handed it in and who hosts.

    Raises:
        Http404: there is none, or it is another's.
    """
    found = with_results(Submission.objects.filter(pk=submission_id)).first()
    if found is None or not may_see_submission(user, found):
        raise Http404("There is no such submission, or it is not yours.")
    return found


def board_of(contest: Contest) -> QuerySet[BoardRow]:
    """Return the kept board; page it by `place` and `id`."""
    return BoardRow.objects.filter(contest=contest)


def boards_on(user: User | AnonymousUser, dataset: Repository) -> QuerySet[BoardRow]:
    """Return the ranked rows of every board over a dataset that `user` may see.

    Contests in the order they were made, each by place.
    """
    contests = visible_to(user).filter(dataset=dataset).values("pk")
    ranked = BoardRow.objects.filter(
        contest__in=contests, rank__isnull=False, is_disqualified=False
    )
    return ranked.select_related("contest", "entrant__user").order_by(
        "contest__created_at", "contest", "place"
    )


def edition_of(contest: Contest, number: int) -> Edition:
    """Return an edition of the board by its number.

    Raises:
        Http404: there is none.
    """
    found = Edition.objects.filter(contest=contest, number=number).first()
    if found is None:
        raise Http404("The board has no such edition.")
    return found


def rows_of(edition: Edition) -> QuerySet[EditionRow]:
    """Return an edition's rows, with who is named; page them by `place` and `id`."""
    return EditionRow.objects.filter(edition=edition).select_related(
        "entrant__board_row"
    )
