"""Scores everyone anew beside the board, and publishes when the host has seen it."""

from copy import copy
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_stream
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
from training.contests.services.entering import TASK, lane_of, queue_of
from training.contests.services.hosting import MOST_TABLE_BYTES
from training.contests.tables import Columns, read_truth
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
    actor: User, *, contest: Contest, truth: BinaryIO | None = None, at: datetime
) -> Contest:
    """Score every submission anew, with corrected labels if given; the board stays.

    Args:
        actor: a host.
        contest: whose submissions.
        truth: corrected labels for the same ids and classes, or None for the same.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        RescorePending: a re-scoring waits to be published or dropped.
        BoardFrozen: the board is final.
        Malformed: the corrected labels do not fit.
    """
    require_host(actor, contest)
    blob = contest.truth
    if truth is not None:
        if contest.task == Task.PROGRAM:
            raise Malformed("truth: a program scores here; replace its labels there.")
        if contest.is_federated:
            raise Malformed("truth: the labels stay at their sites; restate a site.")
        _check_truth(contest, truth)
        truth.seek(0)
        blob = store_stream(truth, stored_at=at, limit_bytes=MOST_TABLE_BYTES)
    with transaction.atomic():
        held = begin_rescore(actor, contest=contest, truth=blob, at=at)
        _carry_program(held)
    return held


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
        raise RescorePending("Publish or drop the re-scoring that is pending.")
    held.pending_version, held.pending_truth = next_version(held), truth
    held.save(update_fields=["pending_version", "pending_truth"])
    submissions = Submission.objects.filter(contest=held, withdrawn_at=None)
    owned = list(submissions.order_by("submitted_at").values_list("pk", "phase__truth"))
    runs = queue_backlog(
        actor,
        task=TASK,
        queue=queue_of(held),
        lane=lane_of(held, of="rescore"),
        namespace=contest.namespace,
        queued_at=at,
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
        raise StillScoring(f"{left} submissions are still being scored.")
    keep_replaced(held, at=at)
    held.scorer_version = version
    held.truth = held.pending_truth or held.truth
    held.pending_version = held.pending_truth = None
    held.save(
        update_fields=["scorer_version", "truth", "pending_version", "pending_truth"]
    )
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
    record_act(actor, "drop_rescore", held, at=at, version=dropped)
    return held


def _check_truth(contest: Contest, truth: BinaryIO) -> None:
    columns = Columns(contest.id_column, contest.target_column, contest.split_column)
    task = Task(contest.task)
    table = read_truth(truth, columns=columns, task=task, classes=contest.classes)
    with open_blob(contest.truth_id) as before:
        ids = read_truth(before, columns=columns, task=task).ids
    if differing := table.ids ^ ids:
        raise Malformed(
            f"truth: {len(differing):,} ids are missing or new, such as "
            f"“{min(differing)}”; a re-scoring keeps the rows."
        )


def next_version(contest: Contest) -> int:
    """Return a scorer version that no attempt of the contest has used."""
    attempts = Attempt.objects.filter(submission__contest=contest)
    used = attempts.aggregate(last=Max("scorer_version"))["last"] or 0
    return max(used, contest.scorer_version) + 1


def _require_pending(contest: Contest) -> int:
    if contest.pending_version is None:
        raise NothingPending("There is no re-scoring to publish or drop.")
    return contest.pending_version
