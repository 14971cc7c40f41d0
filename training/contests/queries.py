"""What can be asked of contests: who is in, what quota is left, where one stands."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from training.contests.catalogue import CALIBRATION
from training.contests.charges import LONG_AGO, charged_days, charges, day_of
from training.contests.columns import hidden_measures
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    ContestPhase,
    Edition,
    EditionRow,
    Entrant,
    Member,
    Score,
    Split,
    Submission,
    Task,
    Verdict,
)
from training.contests.permissions import may_see_submission, visible_to
from training.contests.several import tasks_of
from training.contests.task_verdicts import accepted_scores, coarse_score
from training.leaderboards.ladder import FLOOR, Z, needed


@dataclass(frozen=True, slots=True)
class Quota:
    """What a team may still hand in before `resets_at` (midnight UTC), and ever."""

    limit: int
    used: int
    resets_at: datetime
    total_limit: int | None = None
    total_used: int = 0

    @property
    def left(self) -> int:
        """What may be handed in now."""
        today = max(self.limit - self.used, 0)
        ever = self.total_left
        return today if ever is None else min(today, ever)

    @property
    def total_left(self) -> int | None:
        """What may be handed in ever; None if only the days are counted."""
        if self.total_limit is None:
            return None
        return max(self.total_limit - self.total_used, 0)


def place_in(user: User | AnonymousUser, contest: Contest) -> Member | None:
    """Return the user's membership of a team in the contest, with the team.

    Of who has withdrawn it is None: they are out until they join again.
    """
    if not user.is_authenticated:
        return None
    there = places_of(user).filter(contest=contest).select_related("entrant__user")
    found = there.first()
    if found is not None:
        found.contest = found.entrant.contest = contest
    return found


def places_of(user: User) -> QuerySet[Member]:
    """Return the places in teams that a person has not withdrawn from."""
    return Member.objects.filter(user=user, entrant__withdrawn_at=None)


def entrant_of(user: User | AnonymousUser, contest: Contest) -> Entrant | None:
    """Return the team with which the user competes in the contest, if they do."""
    member = place_in(user, contest)
    return None if member is None else member.entrant


def of_teams_of(user: User | AnonymousUser) -> Q:
    """Return the condition that a submission is of a team of the user's."""
    teams = Member.objects.filter(user=user.pk).values("entrant")
    return Q(entrant__in=teams)


def quota_of(
    entrant: Entrant,
    contest: Contest,
    *,
    at: datetime,
    phase: ContestPhase | None = None,
) -> Quota:
    """Count what a team has handed in today and ever, less what is given back.

    Faults of the platform are always given back; files that could not be read and runs
    that were cancelled are, up to `REFUNDS_A_DAY`.

    Args:
        entrant: the team.
        contest: in which it competes.
        at: now.
        phase: of the contest, which has limits of its own; then only what was handed in
            to it counts.
    """
    limits = phase or contest
    day, resets_at = day_of(at)
    since = day if limits.total_limit is None else LONG_AGO
    told = charges(since=since, until=resets_at, phase=phase)
    return quota_told(limits, told.filter(submission__entrant=entrant), at=at)


def quota_told(
    limits: Contest | ContestPhase, told: Iterable[Mapping[str, Any]], *, at: datetime
) -> Quota:
    """Return the quota that limits leave, by what `charges_asked` told of a team."""
    day, resets_at = day_of(at)
    charged = charged_days(told)
    ever = 0 if limits.total_limit is None else sum(charged.values())
    used = charged[str(day.date())]
    return Quota(limits.daily_limit, used, resets_at, limits.total_limit, ever)


def quota_now(entrant: Entrant, contest: Contest, *, at: datetime) -> Quota:
    """Return the quota that holds now: of the first open phase, or of the contest."""
    phase = next(iter(open_phases(contest, at=at)), None)
    return quota_of(entrant, contest, at=at, phase=phase)


def open_phases(contest: Contest, *, at: datetime) -> list[ContestPhase]:
    """Return the phases of a contest that are open now, by number."""
    return [each for each in phases_of(contest) if each.is_open(at)]


def phases_of(contest: Contest) -> QuerySet[ContestPhase]:
    """Return the phases of a contest, by number; few have more than a handful."""
    return ContestPhase.objects.filter(contest=contest).order_by("number")


def phase_asked_for(contest: Contest, asked: str) -> ContestPhase | None:
    """Return the phase whose number somebody wrote; None if they wrote nothing.

    Raises:
        Http404: the contest has no such phase.
    """
    if not asked:
        return None
    number = int(asked) if asked.isascii() and asked.isdigit() else 0
    found = phases_of(contest).filter(number=min(number, 10_000)).first()
    if found is None:
        raise Http404("This contest has no such phase.")
    return found


def scores_for(submission: Submission, *, is_exact: bool) -> list[Score] | None:
    """Return the public scores of a submission as they may be seen.

    Args:
        submission: with its results.
        is_exact: for who runs the contest. On a guarded board everyone else sees what
            was accepted, coarsely, until the release.

    Returns:
        The one that ranks first, without what only hosts see on the board; None where
        the board tells nothing of them.
    """
    exact = submission.shown.public_scores
    if is_exact:
        return exact
    told = _unhidden(submission, exact)
    if not is_guarded(submission):
        return told
    verdict = verdict_of(submission)
    if verdict is None or not verdict.is_accepted:
        return None
    if submission.contest.task == Task.SEVERAL:
        return accepted_scores(told, verdict, submission.contest)
    return [coarse_score(score) for score in told]


def private_scores_for(submission: Submission, *, is_exact: bool) -> list[Score]:
    """Return the private scores, of which `shows_private` says whether they are shown.

    Args:
        submission: with its results.
        is_exact: for who runs the contest, who sees what is hidden on the board, too.
    """
    told = submission.shown.private_scores
    return told if is_exact else _unhidden(submission, told)


def calibration_for(
    submission: Submission, *, is_exact: bool
) -> list[dict[str, float]]:
    """Return the bins of a reliability diagram, as far as they may be seen."""
    hidden = set() if is_exact else hidden_measures(submission.contest)
    if CALIBRATION in hidden or not scores_for(submission, is_exact=is_exact):
        return []
    found: list[dict[str, float]] = submission.shown.calibration
    return found


def _unhidden(submission: Submission, scores: list[Score]) -> list[Score]:
    hidden = hidden_measures(submission.contest)
    return [each for each in scores if each.metric not in hidden]


def tasks_untold(submission: Submission, *, is_exact: bool) -> list[str]:
    """Return the tasks of which the board tells nothing of a submission it tells of.

    Args:
        submission: with its results.
        is_exact: for who runs the contest, who is told all.
    """
    verdict = verdict_of(submission)
    if is_exact or verdict is None or not verdict.is_accepted:
        return []
    if not is_guarded(submission):
        return []
    asked = tasks_of(submission.contest)
    return [each.name for each in asked if each.name not in verdict.tasks]


def shows_private(contest: Contest, *, is_host: bool, at: datetime) -> bool:
    """Whether private scores may be shown: to hosts from the end, then to whose it is."""
    if contest.released_at is not None:
        return True
    return is_host and contest.is_over(at)


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
    if submission.contest.task == Task.SEVERAL:
        return (
            "In none of its tasks can it be told apart from your best there, or from the "
            f"baseline. With it the hidden rows were asked {verdict.question:,} "
            "questions, by everyone together, one for each task of a submission; the "
            "more are asked, the more luck could explain. It has cost a submission of "
            "today and nothing else; measure smaller steps on rows of your own."
        )
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


def submissions_of(contest: Contest) -> QuerySet[Submission]:
    """Return the contest's submissions, each with its attempts, runs and scores."""
    return with_results(Submission.objects.filter(contest=contest))


def with_results(submissions: QuerySet[Submission]) -> QuerySet[Submission]:
    """Bring along what a submission's answer needs, in 2 more queries for them all."""
    return submissions.select_related(
        "contest__namespace", "entrant__user", "submitted_by", "phase", "blob"
    ).prefetch_related(
        Prefetch("attempts", Attempt.objects.select_related("run", "verdict")),
        "attempts__scores",
    )


def just_handed_in(submission: Submission) -> Submission:
    """Keep with a new submission what its answer needs, as it was queued: no query."""
    verdict: Any = Attempt._meta.get_field("verdict")  # noqa: SLF001  documented
    for attempt in submission.queued:
        verdict.set_cached_value(attempt, None)
        _know(attempt, "scores", ())
    _know(submission, "attempts", submission.queued)
    return submission


def _know(of: Any, name: str, rows: Sequence[Any]) -> None:
    """Keep related rows as prefetching does."""
    known = getattr(of, name).all()
    known._result_cache = list(rows)  # noqa: SLF001  Django has no other way
    of._prefetched_objects_cache = {name: known}  # noqa: SLF001  likewise


def submission_of(user: User | AnonymousUser, submission_id: uuid.UUID) -> Submission:
    """Return a submission with its results to who handed it in and who hosts.

    Raises:
        Http404: there is none, or it is another's.
    """
    found = with_results(Submission.objects.filter(pk=submission_id)).first()
    if found is None or not may_see_submission(user, found):
        raise Http404("There is no such submission, or it is not yours.")
    return found


def board_of(contest: Contest, *, is_host: bool = False) -> QuerySet[BoardRow]:
    """Return the kept board; page it by `place` and `id`.

    It is empty while it is hidden, unless a host asks.
    """
    rows = BoardRow.objects.filter(contest=contest)
    if is_host or contest.board_hidden_until is None:
        return rows
    return rows.exclude(contest__board_hidden_until__gt=Now())


def boards_on(user: User | AnonymousUser, dataset: Repository) -> QuerySet[BoardRow]:
    """Return the ranked rows of every board over a dataset that `user` may see.

    Contests in the order they were made, each by place.
    """
    contests = visible_to(user).filter(dataset=dataset).values("pk")
    ranked = BoardRow.objects.filter(
        contest__in=contests, rank__isnull=False, is_disqualified=False
    ).exclude(contest__board_hidden_until__gt=Now())
    return ranked.select_related("contest", "entrant__user").order_by(
        "contest__created_at", "contest", "place"
    )


def edition_of(contest: Contest, number: int) -> Edition:
    """Return an edition of the board by its number.

    Raises:
        Http404: there is none.
    """
    found = contest.editions.select_related("phase").filter(number=number).first()
    if found is None:
        raise Http404("The board has no such edition.")
    return found


def rows_of(edition: Edition) -> QuerySet[EditionRow]:
    """Return an edition's rows, with who is named; page them by `place` and `id`."""
    rows = EditionRow.objects.filter(edition=edition)
    if edition.phase_id is None:
        rows = rows.exclude(edition__contest__board_hidden_until__gt=Now())
    else:
        rows = rows.exclude(edition__phase__board_hidden_until__gt=Now())
    return rows.select_related("entrant__board_row", "edition")
