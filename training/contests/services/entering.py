"""An entrant's acts: join, hand in, withdraw. And a host's: set a baseline."""

from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction

from marketplace.accounts.models import User
from marketplace.accounts.permissions import may_write_in
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests import boards
from training.contests.models import (
    Attempt,
    Contest,
    Entrant,
    Format,
    Phase,
    Submission,
)
from training.contests.permissions import may_host, require_host
from training.contests.queries import Quota, entrant_of, quota_of
from training.runs.models import Run
from training.runs.services import queue_run, stop_runs

TASK = "contests.evaluate"
QUEUE = "runs"
MOST_BYTES = {
    Format.PREDICTIONS: 256 * 2**20,
    Format.ONNX: 2 * 2**30,
    Format.CODE: 256 * 2**20,
}


class ContestNotOpen(DomainError):
    code = "contest_not_open"


class ContestClosed(DomainError):
    code = "contest_closed"


class NotJoined(DomainError):
    code = "join_first"
    status = 403


class Disqualified(DomainError):
    code = "disqualified"
    status = 403


class NoInputs(DomainError):
    code = "no_inputs"
    status = 404


class RulesNotAccepted(DomainError):
    code = "rules_not_accepted"


class HostMayNotCompete(DomainError):
    code = "host_may_not_compete"
    status = 403


class QuotaUsed(DomainError):
    code = "quota_used"
    status = 429


class FormatRefused(DomainError):
    code = "format_refused"


class FileTooLarge(DomainError):
    code = "too_large"
    status = 413


class BaselineExists(DomainError):
    code = "baseline_exists"


class AlreadyWithdrawn(DomainError):
    code = "already_withdrawn"


@transaction.atomic
def join_contest(
    actor: User, *, contest: Contest, rules_sha256: str, joined_at: datetime
) -> Entrant:
    """Enter a contest by accepting its rules as they are; again, if they changed.

    Args:
        actor: who competes.
        contest: visible to them.
        rules_sha256: `Contest.rules_sha256` of the rules that were read.
        joined_at: now.

    Raises:
        RulesNotAccepted: these are not the rules any more; read them again.
        HostMayNotCompete: `actor` writes in the contest's namespace, and so may know
            the labels.
        ContestClosed: it has ended.
    """
    if may_write_in(actor, contest.namespace):
        raise HostMayNotCompete(
            "Who runs a contest knows the labels and cannot compete. Add a baseline."
        )
    if contest.phase_at(joined_at) is Phase.CLOSED:
        raise ContestClosed(f"The contest ended on {contest.ends_at:%Y-%m-%d %H:%M}.")
    if rules_sha256 != contest.rules_sha256:
        raise RulesNotAccepted(
            "The rules have changed since. Read them again and accept them.",
            rules_sha256=contest.rules_sha256,
        )
    entrant, is_new = Entrant.objects.get_or_create(
        contest=contest,
        user=actor,
        is_baseline=False,
        defaults={
            "name": actor.username,
            "rules_sha256": rules_sha256,
            "rules_accepted_at": joined_at,
            "joined_at": joined_at,
        },
    )
    if not is_new and entrant.rules_sha256 == rules_sha256:
        return entrant
    entrant.rules_sha256 = rules_sha256
    entrant.rules_accepted_at = joined_at
    entrant.save(update_fields=["rules_sha256", "rules_accepted_at"])
    record_act(actor, "join_contest", contest, at=joined_at, rules=rules_sha256)
    return entrant


def keep_file(
    source: BinaryIO,
    *,
    format: Format,  # noqa: A002  the name people know it by
    limit_bytes: int,
    stored_at: datetime,
) -> Blob:
    """Keep a file that is to be handed in, of at most what its format may have.

    Raises:
        TooLarge: it is longer than that, or than `limit_bytes`.
    """
    most = min(MOST_BYTES[format], limit_bytes)
    return store_stream(source, stored_at=stored_at, limit_bytes=most)


@transaction.atomic
def submit(
    actor: User,
    *,
    contest: Contest,
    format: Format,  # noqa: A002  the name people know it by
    blob: Blob,
    filename: str,
    note: str = "",
    submitted_at: datetime,
) -> Submission:
    """Hand in one file and queue its scoring.

    Deadline and quota are decided here, on the server's clock, with the entrant's row
    locked: of posts that come together no more pass than the quota has room for.

    Raises:
        NotJoined: `actor` has not joined.
        Disqualified: the hosts put them out.
        RulesNotAccepted: the rules changed since they did.
        ContestNotOpen, ContestClosed: it is too early, or too late.
        FormatRefused, FileTooLarge, Malformed: the file cannot be taken.
        QuotaUsed: today's submissions are used up.
    """
    entrant = (
        Entrant.objects.select_for_update()
        .filter(contest=contest, user=actor, is_baseline=False)
        .first()
    )
    if entrant is None:
        raise NotJoined("Join the contest first; its rules are on its page.")
    if entrant.disqualified_at is not None:
        raise Disqualified(f"You are disqualified: {entrant.disqualification}")
    contest = Contest.objects.get(pk=contest.pk)  # as it is now, under the lock
    _require_open(contest, at=submitted_at)
    if entrant.rules_sha256 != contest.rules_sha256:
        raise RulesNotAccepted(
            "The rules have changed. Read them again and accept them.",
            rules_sha256=contest.rules_sha256,
        )
    _check_file(contest, format, blob)
    quota = quota_of(entrant, contest, at=submitted_at)
    if quota.left == 0:
        raise quota_used(quota)
    submission = Submission.objects.create(
        contest=contest,
        entrant=entrant,
        format=format,
        blob=blob,
        filename=_plain(filename),
        note=note,
        submitted_at=submitted_at,
    )
    _queue_attempts(actor, submission, at=submitted_at)
    record_act(actor, "submit", submission, at=submitted_at, sha256=blob.sha256)
    return submission


def quota_used(quota: Quota) -> QuotaUsed:
    """Return the refusal of who has nothing left to hand in today."""
    return QuotaUsed(
        f"You have used your {quota.limit} submissions of today. The next are "
        f"free at {quota.resets_at:%Y-%m-%d %H:%M} UTC.",
        resets_at=quota.resets_at.isoformat(),
    )


def inputs_for(user: User, *, contest: Contest) -> Blob:
    """Return the features of the test rows, for those who may have them.

    Raises:
        NoInputs: the contest gives none out.
        NotJoined: it has rules, and `user` has not accepted them.
    """
    if contest.inputs is None:
        raise NoInputs("This contest has no file of inputs; see its description.")
    _require_data(user, contest)
    return contest.inputs


def training_for(user: User, *, contest: Contest) -> Blob:
    """Return the rows to learn from, for those who may have them.

    Raises:
        NoInputs: the contest gives none out.
        NotJoined: it has rules, and `user` has not accepted them.
    """
    if contest.training is None:
        raise NoInputs("This contest has no file to learn from; see its description.")
    _require_data(user, contest)
    return contest.training


def _require_data(user: User, contest: Contest) -> None:
    has_joined = not contest.rules or entrant_of(user, contest) is not None
    if not has_joined and not may_host(user, contest):
        raise NotJoined("Join the contest first; its rules are on its page.")


@transaction.atomic
def add_baseline(
    actor: User,
    *,
    contest: Contest,
    name: str,
    format: Format,  # noqa: A002  the name people know it by
    blob: Blob,
    filename: str,
    submitted_at: datetime,
) -> Submission:
    """Put a host's own model on the board, marked as a baseline; no quota, no rank.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        BaselineExists: it has a baseline of this name.
        BoardFrozen: the contest's board is final.
        FormatRefused, FileTooLarge, Malformed: the file cannot be taken.
    """
    require_host(actor, contest)
    boards.require_unfrozen(boards.hold(contest.pk))
    _check_file(contest, format, blob)
    return put_baseline(
        actor,
        contest=contest,
        name=name,
        format=format,
        blob=blob,
        filename=filename,
        submitted_at=submitted_at,
    )


def put_baseline(
    actor: User,
    *,
    contest: Contest,
    name: str,
    format: Format,  # noqa: A002  as above
    blob: Blob,
    filename: str,
    submitted_at: datetime,
) -> Submission:
    """Put a baseline on the board whatever the contest takes; for services alone.

    Raises:
        BaselineExists: it has a baseline of this name.
    """
    entrant, is_new = Entrant.objects.get_or_create(
        contest=contest,
        name=name,
        is_baseline=True,
        defaults={
            "user": actor,
            "rules_sha256": contest.rules_sha256,
            "rules_accepted_at": submitted_at,
            "joined_at": submitted_at,
        },
    )
    if not is_new:
        raise BaselineExists(
            f"There is a baseline called “{name}”. Choose another name."
        )
    submission = Submission.objects.create(
        contest=contest,
        entrant=entrant,
        format=format,
        blob=blob,
        filename=_plain(filename),
        submitted_at=submitted_at,
    )
    _queue_attempts(actor, submission, at=submitted_at)
    record_act(actor, "add_baseline", submission, at=submitted_at, name=name)
    return submission


@transaction.atomic
def withdraw(actor: User, *, submission: Submission, at: datetime) -> Submission:
    """Take a submission off the board and stop its scoring. Its quota stays used.

    Raises:
        PermissionDenied: it is another's, and `actor` does not run the contest.
        AlreadyWithdrawn: it was withdrawn before.
        BoardFrozen: the contest's board is final.
    """
    is_own = submission.entrant.user_id == actor.pk
    if not is_own and not may_host(actor, submission.contest):
        raise PermissionDenied("Only who handed it in and the hosts may withdraw it.")
    contest = boards.hold(submission.contest_id)
    boards.require_unfrozen(contest)
    withdrawn = Submission.objects.filter(pk=submission.pk, withdrawn_at=None)
    if not withdrawn.update(withdrawn_at=at):
        raise AlreadyWithdrawn("This submission has been withdrawn already.")
    submission.withdrawn_at = at
    stop_runs(Run.objects.filter(attempt__submission=submission), at=at)
    boards.keep(contest, entrants=[submission.entrant_id], at=at)
    record_act(actor, "withdraw", submission, at=at)
    return submission


def _queue_attempts(owner: User, submission: Submission, *, at: datetime) -> None:
    """Queue a scoring by the published scorer, and by a pending one if there is one.

    The contest is read again after the submission is there: a re-scoring that locks it
    either has seen the submission, or is seen here.
    """
    contest = Contest.objects.get(pk=submission.contest_id)
    scorers = [(contest.scorer_version, contest.truth_id)]
    if contest.pending_version is not None and contest.pending_truth_id is not None:
        scorers.append((contest.pending_version, contest.pending_truth_id))
    for version, truth_id in scorers:
        run = queue_run(
            owner,
            task=TASK,
            queue=QUEUE,
            lane=f"contest:{contest.slug}",
            namespace=contest.namespace,
            claimant=f"entrant:{submission.entrant_id}",
            queued_at=at,
        )
        Attempt.objects.create(
            submission=submission, run=run, scorer_version=version, truth_id=truth_id
        )


def _require_open(contest: Contest, *, at: datetime) -> None:
    phase = contest.phase_at(at)
    if phase is Phase.UPCOMING:
        if at >= contest.starts_at:
            raise ContestNotOpen("The contest opens once its purse is held in escrow.")
        raise ContestNotOpen(
            f"The contest opens on {contest.starts_at:%Y-%m-%d %H:%M} UTC."
        )
    if phase is Phase.CLOSED:
        raise ContestClosed(
            f"The contest ended on {contest.ends_at:%Y-%m-%d %H:%M} UTC."
        )


def _check_file(contest: Contest, format: Format, blob: Blob) -> None:  # noqa: A002  as above
    if format not in contest.formats:
        taken = ", ".join(Format(each).label for each in contest.formats)
        raise FormatRefused(f"format: this contest takes {taken}.")
    if not blob.size_bytes:
        raise Malformed("file: it is empty.")
    most = MOST_BYTES[Format(format)]
    if blob.size_bytes > most:
        raise FileTooLarge(f"file: at most {most // 2**20:,} MiB for this format.")


def _plain(filename: str) -> str:
    """Return a file's own name, printable and of sane length."""
    own = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in own if char.isprintable())[:200] or "submission"
