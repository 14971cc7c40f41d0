"""Carries each team's best of a phase into the next one, where the host asked for it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from marketplace.kit.audit import record_act
from marketplace.kit.together import Together
from training.contests import boards
from training.contests.models import ContestPhase, Submission
from training.contests.phase_boards import best_of_phase
from training.contests.services.entering import queue_attempts

MOST_AT_ONCE = 20


def carry_due(*, at: datetime) -> int:
    """Carry into every phase that has opened since, and return how many submissions.

    Each phase is carried into once, in a transaction of its own.
    """
    due = ContestPhase.objects.filter(
        Q(contest__ends_at__isnull=True) | Q(contest__ends_at__gt=at),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        carries=True,
        carried_at=None,
        starts_at__lte=at,
        contest__frozen_at=None,
    )
    ids = list(due.order_by("starts_at", "pk").values_list("pk", flat=True))
    return sum(carry_into(phase_id, at=at) for phase_id in ids[:MOST_AT_ONCE])


@transaction.atomic
def carry_into(phase_id: int, *, at: datetime) -> int:
    """Hand each team's best of the phase before in to a phase; twice is once.

    It is scored by the phase's labels. It is charged to no quota; what the phase does not
    take, and whose team is out, stays behind.

    Args:
        phase_id: of the phase that opens.
        at: now.

    Returns:
        How many submissions were carried.
    """
    due = ContestPhase.objects.filter(pk=phase_id, carried_at=None, carries=True)
    contest_id = due.values_list("contest", flat=True).first()
    if contest_id is None:
        return 0
    contest = boards.hold(contest_id)
    if not due.update(carried_at=at):
        return 0
    phase = ContestPhase.objects.get(pk=phase_id)
    before = (
        contest.phases.filter(starts_at__lt=phase.starts_at)
        .order_by("-starts_at", "-number")
        .first()
    )
    if before is None:
        return 0
    carried = 0
    taken = set(phase.formats or contest.formats)
    for best in best_of_phase(before, contest):
        team = best.entrant
        is_out = team.withdrawn_at or team.disqualified_at or team.dissolved_at
        if is_out or best.format not in taken:
            continue
        made = Submission(
            contest=contest,
            entrant=team,
            submitted_by_id=best.submitted_by_id,
            format=best.format,
            blob_id=best.blob_id,
            filename=best.filename,
            note=best.note,
            submitted_at=at,
            phase=phase,
            carried_from=best,
            is_ranked=phase.counts,
        )
        writes = Together()
        writes.insert([made])
        queue_attempts(best.submitted_by, made, at=at, into=writes)
        writes.run()
        carried += 1
    record_act(
        None, "carry_submissions", contest, at=at, number=phase.number, count=carried
    )
    return carried
