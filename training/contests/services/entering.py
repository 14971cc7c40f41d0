"""An entrant's acts: hand in, withdraw. And a host's: set a baseline."""

from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act, record_among
from marketplace.kit.errors import DomainError
from marketplace.kit.together import Together
from marketplace.metering.services import Most
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests import boards
from training.contests.models import (
    Attempt,
    Contest,
    ContestPhase,
    Entrant,
    Format,
    Phase,
    Submission,
    Task,
)
from training.contests.permissions import is_of, may_host, require_host
from training.contests.phase_boards import keep_boards
from training.contests.queries import quota_of
from training.contests.services.formats import MOST_BYTES, FormatRefused, check_file
from training.contests.services.places import claimant_of, held_place, lane_name
from training.contests.services.quotas import (
    ContestNotOpen,
    chosen_phase,
    require_quota,
)
from training.contests.services.registering import (
    ContestClosed,
    RulesNotAccepted,
    free_name,
)
from training.runs.models import Run
from training.runs.services import queue_run, stop_runs
from training.runs.turns import Seat, seat_in

TASK = "contests.evaluate"
QUEUE, SITES = "runs", "sites"
MOST_OF_SCORING = Most(cpu_seconds=300)  # several jobs of the runner's usual limits
MOST_OF_PROGRAM = Most(cpu_seconds=2400)  # one that runs it, and one that scores


class Disqualified(DomainError):
    code = "disqualified"
    status = 403


class BaselineExists(DomainError):
    code = "baseline_exists"


class AlreadyWithdrawn(DomainError):
    code = "already_withdrawn"


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
def submit(  # noqa: PLR0913  what is handed in, each part by name
    actor: User,
    *,
    contest: Contest,
    format: Format,  # noqa: A002  the name people know it by
    blob: Blob,
    filename: str,
    note: str = "",
    phase: int | None = None,
    file: BinaryIO | None = None,
    submitted_at: datetime,
) -> Submission:
    """Hand in one file and queue its scoring.

    Deadline and quota are decided here, on the server's clock, with the team's row
    locked: of posts that come together no more pass than the quota has room for. After
    the end it is practice, where the contest allows that: scored and not ranked.

    Args:
        actor: of a team of the contest.
        contest: visible to them.
        format: which the contest and the phase take.
        blob: the file.
        filename: as its owner calls it.
        note: for the team and the hosts.
        phase: the number of one that is open; needed where several are.
        file: what `blob` holds, if it is at hand, so that it is not fetched again.
        submitted_at: now.

    Raises:
        NotJoined: `actor` has not joined.
        Disqualified: the hosts put them out.
        RulesNotAccepted: the rules changed since they did.
        ContestNotOpen, ContestClosed: it is too early, or too late.
        FormatRefused, FileTooLarge, Malformed: the file cannot be taken.
        QuotaUsed: today's submissions are used up.
        BudgetUsedUp: so is what the host may spend.
    """
    held = held_place(actor, contest, at=submitted_at)
    contest, entrant = held.contest, held.entrant
    if entrant.disqualified_at is not None:
        raise Disqualified(
            gettext("You are disqualified: %(disqualification)s")
            % {"disqualification": entrant.disqualification}
        )
    is_practice = contest.allows_practice and contest.is_over(submitted_at)
    chosen = None
    if not is_practice:
        _require_open(contest, at=submitted_at)
        if held.has_phases or phase is not None:
            chosen = chosen_phase(contest, phase, at=submitted_at)
    if held.member.rules_sha256 != contest.rules_sha256:
        raise RulesNotAccepted(
            gettext("The rules have changed. Read them again and accept them."),
            rules_sha256=contest.rules_sha256,
        )
    check_file(contest, format, blob, file)
    if chosen is not None and chosen.formats and format not in chosen.formats:
        taken = ", ".join(str(Format(each).label) for each in chosen.formats)
        raise FormatRefused(
            gettext("format: the phase “%(chosen_name)s” takes %(taken)s.")
            % {"chosen_name": chosen.name, "taken": taken}
        )
    require_quota(
        held.quota
        if chosen is None
        else quota_of(entrant, contest, at=submitted_at, phase=chosen)
    )
    submission = Submission(
        contest=contest,
        entrant=entrant,
        submitted_by=actor,
        format=format,
        blob=blob,
        filename=_plain(filename),
        note=note,
        submitted_at=submitted_at,
        phase=chosen,
        is_practice=is_practice,
        is_ranked=not is_practice
        and (chosen is None or chosen.counts)
        and not held.has_staff,
    )
    writes = Together()
    writes.insert([submission])
    queue_attempts(
        *(actor, submission),
        at=submitted_at,
        into=writes,
        seat=held.seat,
        most=most_of(contest),
    )
    record_among(
        writes, actor, "submit", submission, at=submitted_at, sha256=blob.sha256
    )
    writes.run()
    return submission


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
        BaselineExists: it has a baseline or a team of this name.
        BoardFrozen: the contest's board is final.
        FormatRefused, FileTooLarge, Malformed: the file cannot be taken.
    """
    require_host(actor, contest)
    contest = boards.hold(contest.pk)
    boards.require_unfrozen(contest)
    check_file(contest, format, blob)
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
    phase: ContestPhase | None = None,
    submitted_at: datetime,
) -> Submission:
    """Put a baseline on the board whatever the contest takes; for services alone.

    With a `phase` that has a board of its own, it stands there.

    Raises:
        BaselineExists: it has a baseline or a team of this name.
    """
    if free_name(contest, name) != name:
        raise BaselineExists(
            gettext(
                "There is a baseline or a team called “%(name)s”. Choose another name."
            )
            % {"name": name}
        )
    entrant = Entrant.objects.create(
        contest=contest, user=actor, name=name, is_baseline=True, joined_at=submitted_at
    )
    submission = Submission(
        contest=contest,
        entrant=entrant,
        submitted_by=actor,
        format=format,
        blob=blob,
        filename=_plain(filename),
        phase=phase,
        submitted_at=submitted_at,
    )
    writes = Together()
    writes.insert([submission])
    queue_attempts(
        actor, submission, at=submitted_at, into=writes, most=most_of(contest)
    )
    record_among(writes, actor, "add_baseline", submission, at=submitted_at, name=name)
    writes.run()
    return submission


@transaction.atomic
def withdraw(actor: User, *, submission: Submission, at: datetime) -> Submission:
    """Take a submission off the board and stop its scoring. Its quota stays used.

    Raises:
        PermissionDenied: it is another's, and `actor` does not run the contest.
        AlreadyWithdrawn: it was withdrawn before.
        BoardFrozen: the contest's board is final.
    """
    is_own = is_of(actor, submission.entrant)
    if not is_own and not may_host(actor, submission.contest):
        raise PermissionDenied("Only the team and the hosts may withdraw it.")
    contest = boards.hold(submission.contest_id)
    boards.require_unfrozen(contest)
    withdrawn = Submission.objects.filter(pk=submission.pk, withdrawn_at=None)
    if not withdrawn.update(withdrawn_at=at):
        raise AlreadyWithdrawn(gettext("This submission has been withdrawn already."))
    submission.withdrawn_at = at
    stop_runs(Run.objects.filter(attempt__submission=submission), at=at)
    boards.keep(contest, entrants=[submission.entrant_id], at=at)
    keep_boards(contest, entrants=[submission.entrant_id])
    record_act(actor, "withdraw", submission, at=at)
    return submission


def queue_of(contest: Contest) -> str:
    """Return where scorings of a contest wait: for workers here, or at its sites."""
    return SITES if contest.is_federated else QUEUE


def most_of(contest: Contest) -> Most | None:
    """Return what a scoring may take; none at sites, whose machines are not the site's."""
    if contest.is_federated:
        return None
    return MOST_OF_PROGRAM if contest.task == Task.PROGRAM else MOST_OF_SCORING


def lane_of(contest: Contest, *, of: str) -> str:
    """Return the lane of scorings beside the first; workers at sites know one lane."""
    return f"{'contest' if contest.is_federated else of}:{contest.slug}"


def queue_attempts(
    owner: User,
    submission: Submission,
    *,
    at: datetime,
    into: Together,
    seat: Seat | None = None,
    most: Most | None = None,
) -> None:
    """Queue a scoring by the published scorer, and by a pending one if there is one.

    Call it with the contest's key shared, or its board held, and the contest read since.
    The submission then says what was `queued`.

    Args:
        owner: who handed it in.
        submission: which.
        at: now.
        into: the writes of the act.
        seat: where the first waits, if that was asked.
        most: what each may take on account of the host; none if nothing is charged for it.

    Raises:
        BudgetUsedUp: it may cost more than is left of the host's budget.
    """
    contest = submission.contest
    phase = submission.phase
    own = phase.truth_id if phase else None
    scorers = [(contest.scorer_version, own or contest.truth_id)]
    if contest.pending_version is not None and contest.pending_truth_id is not None:
        corrected = phase.pending_truth_id if phase else None
        truth_id = corrected or own or contest.pending_truth_id
        scorers.append((contest.pending_version, truth_id))
    lane, claimant = lane_name(contest), claimant_of(submission.entrant_id)
    if seat is None:
        seat = seat_in(lane, claimant=claimant, namespace=contest.namespace)
    queued = []
    for number, (version, truth_id) in enumerate(scorers):
        run = queue_run(
            owner,
            task=TASK,
            queue=queue_of(contest),
            lane=lane,
            claimant=claimant,
            queued_at=at,
            seat=seat.after(number),
            into=into,
            most=most,
            payer_id=contest.namespace_id,
        )
        queued.append(
            Attempt(
                submission=submission,
                run=run,
                scorer_version=version,
                truth_id=truth_id,
            )
        )
    into.insert(queued)
    submission.queued = queued


def _require_open(contest: Contest, *, at: datetime) -> None:
    phase = contest.phase_at(at)
    if phase is Phase.UPCOMING:
        if at >= contest.starts_at:
            raise ContestNotOpen(
                gettext("The contest opens once its purse is held in escrow.")
            )
        raise ContestNotOpen(
            gettext("The contest opens on %(starts_at)s UTC.")
            % {"starts_at": f"{contest.starts_at:%Y-%m-%d %H:%M}"}
        )
    if phase is Phase.CLOSED:
        raise ContestClosed(
            gettext("The contest ended on %(end_said)s.")
            % {"end_said": contest.end_said}
        )


def _plain(filename: str) -> str:
    """Return a file's own name, printable and of sane length."""
    own = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in own if char.isprintable())[:200] or "submission"
