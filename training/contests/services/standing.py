"""What is done about a scoring: stop it, or try again after a fault of the platform."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from training.contests import boards
from training.contests.charges import PLATFORM_FAULTS
from training.contests.models import Contest, Entrant, Submission
from training.contests.permissions import may_host, may_see_submission
from training.contests.queries import quota_of
from training.contests.services.entering import AlreadyWithdrawn
from training.contests.services.quotas import quota_used
from training.runs.models import LIVE, Run, RunStatus
from training.runs.services import RunEnded, requeue, stop_runs


class NothingToRetry(DomainError):
    code = "nothing_to_retry"


@transaction.atomic
def cancel_submission(
    actor: User, *, submission: Submission, at: datetime
) -> Submission:
    """Stop the scoring of a submission: at once if it waits, soon if a worker has it.

    Unless it is scored before that, what it took of the quota is given back.

    Raises:
        PermissionDenied: it is another's, and `actor` does not run the contest.
        RunEnded: there is nothing left to stop.
    """
    _require_concerned(actor, submission)
    runs = Run.objects.filter(attempt__submission=submission, status__in=LIVE)
    if not runs.exists():
        raise RunEnded(gettext("Its scoring has ended, so there is nothing to stop."))
    stop_runs(runs, at=at)
    record_act(actor, "cancel_submission", submission, at=at)
    return submission


def retryable(submission: Submission) -> list[Run]:
    """Return the runs of a submission that ended by a fault of the platform."""
    if submission.withdrawn_at is not None or submission.contest.frozen_at is not None:
        return []
    contest = submission.contest
    wanted = {contest.scorer_version, contest.pending_version}
    return [
        attempt.run
        for attempt in submission.attempts.all()
        if attempt.scorer_version in wanted
        and attempt.run.status == RunStatus.FAILED
        and attempt.run.failure_code in PLATFORM_FAULTS
    ]


@transaction.atomic
def retry_submission(
    actor: User, *, submission: Submission, at: datetime
) -> Submission:
    """Score a submission again that ended by a fault of the platform, however late.

    It counts again against the quota of the day it was handed in.

    Raises:
        PermissionDenied: it is another's, and `actor` does not run the contest.
        AlreadyWithdrawn: it is off the board.
        BoardFrozen: the contest's board is final.
        NothingToRetry: no scoring of it ended so.
        QuotaUsed: other submissions of that day took its place in the quota.
    """
    _require_concerned(actor, submission)
    entrant = Entrant.objects.select_for_update().get(pk=submission.entrant_id)
    contest = Contest.objects.get(pk=submission.contest_id)
    boards.require_unfrozen(contest)
    submission = Submission.objects.prefetch_related("attempts__run").get(
        pk=submission.pk
    )
    if submission.withdrawn_at is not None:
        raise AlreadyWithdrawn(gettext("This submission has been withdrawn."))
    runs = retryable(submission)
    again = [run for run in runs if requeue(run, codes=PLATFORM_FAULTS, at=at)]
    if not again:
        raise NothingToRetry(
            gettext(
                "Only what ended by a fault of the platform is tried again. Mend the "
                "file as "
                "the message says, and hand it in anew."
            )
        )
    if not may_host(actor, contest):
        quota = quota_of(
            entrant, contest, at=submission.submitted_at, phase=submission.phase
        )
        if quota.used > quota.limit:
            raise quota_used(quota)
    record_act(
        actor, "retry_submission", submission, at=at, failure=runs[0].failure_code
    )
    return submission


def _require_concerned(actor: User, submission: Submission) -> None:
    if not may_see_submission(actor, submission):
        raise PermissionDenied("Only who handed it in and the hosts may do this.")
