"""Scores everyone anew beside the board, and publishes when the host has seen it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests import boards
from training.contests.comparisons import pending_left
from training.contests.editions import keep_replaced
from training.contests.models import (
    Attempt,
    Contest,
    ContestPhase,
    ProgramTask,
    ScoringProgram,
    Submission,
    Task,
)
from training.contests.permissions import require_host
from training.contests.phase_boards import keep_boards
from training.contests.services.entering import (
    TASK,
    lane_of,
    most_of,
    queue_of,
)
from training.contests.services.keeping import keep_table
from training.contests.services.phasing import phase_of
from training.contests.services.several import corrected_truth, same_rows
from training.contests.telling import tell_of_board
from training.runs.models import Run
from training.runs.services import queue_backlog, stop_runs


class RescorePending(DomainError):
    code = "rescore_pending"


class NothingPending(DomainError):
    code = "nothing_pending"


class StillScoring(DomainError):
    code = "still_scoring"


def rescore(
    actor: User,
    *,
    contest: Contest,
    truth: BinaryIO | None = None,
    phase: int | None = None,
    at: datetime,
) -> Contest:
    """Score every submission anew, with corrected labels if given; the boards stay.

    Args:
        actor: a host.
        contest: whose submissions.
        truth: corrected labels for the same ids and classes, or None for the same; of
            several tasks a zip of the files that are corrected.
        phase: the number of one with labels of its own, if it is those that are
            corrected, and not the contest's.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        PhaseMissing: there is no such phase.
        RescorePending: a re-scoring waits to be published or dropped.
        BoardFrozen: the board is final.
        Malformed: the corrected labels do not fit.
    """
    require_host(actor, contest)
    apart = None if phase is None else phase_of(contest, phase)
    if apart is not None and (truth is None or not apart.has_board):
        raise Malformed(
            gettext(
                "phase: it has no labels of its own; leave it out to correct the contest's."
            )
            if truth is not None
            else gettext("truth: give the corrected labels of the phase.")
        )
    blob = contest.truth
    if truth is not None:
        if contest.task == Task.PROGRAM:
            raise Malformed(
                gettext("truth: a program scores here; replace its labels there.")
            )
        if contest.is_federated:
            raise Malformed(
                gettext("truth: the labels stay at their sites; restate a site.")
            )
        with _checked(contest, truth, phase=apart) as kept:
            blob = keep_table(kept, at=at)
    with transaction.atomic():
        if apart is None:
            held = begin_rescore(actor, contest=contest, truth=blob, at=at)
        else:
            own = boards.hold_whole(contest.pk).truth
            _correct(apart, blob)
            held = begin_rescore(actor, contest=contest, truth=own, at=at)
        _carry_program(held)
    return held


def _correct(phase: ContestPhase, truth: Blob) -> None:
    """Have a phase be scored anew by other labels than those that were looked at."""
    same = ContestPhase.objects.filter(pk=phase.pk, truth=phase.truth_id)
    if not same.filter(contest__pending_version=None).update(pending_truth=truth):
        raise RescorePending(
            gettext(
                "The labels of the phase have changed meanwhile, or a re-scoring is "
                "pending. "
                "Publish or drop it, and look again."
            )
        )


@transaction.atomic
def begin_rescore(
    actor: User, *, contest: Contest, truth: Blob, at: datetime
) -> Contest:
    """Queue an attempt of the next scorer version for every submission.

    Args:
        actor: who has been found to be a host.
        contest: whose submissions.
        truth: what they are scored against, but for phases with a truth of their own.
        at: now.

    Raises:
        RescorePending: a re-scoring waits to be published or dropped.
        BoardFrozen: the board is final.
    """
    held = boards.hold_whole(contest.pk)
    boards.require_unfrozen(held)
    if held.pending_version is not None:
        raise RescorePending(gettext("Publish or drop the re-scoring that is pending."))
    held.pending_version, held.pending_truth = next_version(held), truth
    held.save(update_fields=["pending_version", "pending_truth"])
    submissions = Submission.objects.filter(contest=held, withdrawn_at=None)
    own = Coalesce("phase__pending_truth", "phase__truth")
    owned = list(submissions.order_by("submitted_at").values_list("pk", own))
    runs = queue_backlog(
        actor,
        task=TASK,
        queue=queue_of(held),
        lane=lane_of(held, of="rescore"),
        namespace=contest.namespace,
        queued_at=at,
        most=most_of(held),
        count=len(owned),
    )
    Attempt.objects.bulk_create(
        Attempt(
            submission_id=submission_id,
            run=run,
            scorer_version=held.pending_version,
            truth_id=own or truth.pk,
        )
        for (submission_id, own), run in zip(owned, runs, strict=True)
    )
    record_act(
        actor, "rescore", held, at=at, version=held.pending_version, count=len(owned)
    )
    return held


def _carry_program(contest: Contest) -> None:
    """Let the programs that score now score under the pending version too."""
    version = contest.pending_version
    programs = ScoringProgram.objects.filter(contest=contest)
    if version is None:
        return
    published = list(programs.filter(scorer_version=contest.scorer_version))
    if published:
        programs.filter(scorer_version=version).delete()
    for program in published:
        copy_program(program, version=version, phase=program.phase)


def copy_program(
    program: ScoringProgram, *, version: int, phase: ContestPhase | None
) -> ScoringProgram:
    """Write a program down once more, for another version or another phase."""
    tasks = list(program.tasks.all())
    made = copy(program)
    made.pk, made.scorer_version, made.phase = None, version, phase
    made.save(force_insert=True)
    for task in tasks:
        task.pk, task.program = None, made
    ProgramTask.objects.bulk_create(tasks)
    return made


@transaction.atomic
def publish_rescore(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Show the pending scores on the board, all at once; the board before is kept.

    Raises:
        PermissionDenied: `actor` does not run it.
        NothingPending: there is no re-scoring.
        StillScoring: some attempts have not ended.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    version = _require_pending(held)
    if left := pending_left(held):
        raise StillScoring(
            gettext("%(left)s submissions are still being scored.") % {"left": left}
        )
    keep_replaced(held, at=at)
    held.scorer_version = version
    held.truth = held.pending_truth or held.truth
    held.pending_version = held.pending_truth = None
    held.save(
        update_fields=["scorer_version", "truth", "pending_version", "pending_truth"]
    )
    corrected = ContestPhase.objects.filter(contest=held, pending_truth__isnull=False)
    corrected.update(truth=F("pending_truth"), pending_truth=None)
    boards.keep(held, at=at)
    keep_boards(held)
    record_act(actor, "publish_rescore", held, at=at, version=held.scorer_version)
    tell_of_board(
        held, said="every submission was scored anew, and the board shows it", at=at
    )
    return held


@transaction.atomic
def drop_rescore(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Give a pending re-scoring up; its attempts are stopped, the board stays.

    Raises:
        PermissionDenied: `actor` does not run it.
        NothingPending: there is no re-scoring.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    dropped = _require_pending(held)
    pending = Attempt.objects.filter(submission__contest=held, scorer_version=dropped)
    stop_runs(Run.objects.filter(attempt__in=pending), at=at)
    held.pending_version = held.pending_truth = None
    held.save(update_fields=["pending_version", "pending_truth"])
    ContestPhase.objects.filter(contest=held).update(pending_truth=None)
    record_act(actor, "drop_rescore", held, at=at, version=dropped)
    return held


@contextmanager
def _checked(
    contest: Contest, truth: BinaryIO, *, phase: ContestPhase | None
) -> Iterator[BinaryIO]:
    """Give the labels to keep, once they were compared with those that are there."""
    if contest.task == Task.SEVERAL:
        with corrected_truth(contest, truth) as whole:
            yield whole
        return
    scored = contest if phase is None else phase
    with open_blob(str(scored.truth_id)) as before:
        same_rows(contest, new=truth, old=before, split_column=scored.split_column)
    yield truth


def next_version(contest: Contest) -> int:
    """Return a scorer version that no attempt of the contest has used."""
    attempts = Attempt.objects.filter(submission__contest=contest)
    used = attempts.aggregate(last=Max("scorer_version"))["last"] or 0
    return max(used, contest.scorer_version) + 1


def _require_pending(contest: Contest) -> int:
    if contest.pending_version is None:
        raise NothingPending(gettext("There is no re-scoring to publish or drop."))
    return contest.pending_version
