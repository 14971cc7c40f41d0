"""Guards a board: its baseline first, then only what beats chance is told."""

from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes
from training.contests.models import Contest, ContestPhase, Format, Task
from training.contests.services.entering import put_baseline
from training.contests.services.registering import free_name
from training.contests.services.several import constant_answers
from training.contests.trivial import FILENAME, constant_predictions, name_of

FILENAME_OF_SEVERAL = "always-the-same.zip"


def guard_phase(
    actor: User, contest: Contest, phase: ContestPhase, *, at: datetime
) -> None:
    """Put the constant baseline on the own board of a phase; its contest is guarded."""
    with open_blob(str(phase.truth_id)) as truth:
        table = constant_predictions(contest, truth)
    if table is not None:
        put_baseline(
            actor,
            contest=contest,
            name=free_name(contest, name_of(contest)),
            format=Format.PREDICTIONS,
            blob=store_bytes(table, stored_at=at),
            filename=FILENAME,
            phase=phase,
            submitted_at=at,
        )


@transaction.atomic
def guard_board(actor: User, contest: Contest, *, at: datetime) -> bool:
    """Put the constant baseline on a new contest's board and guard it from there.

    Args:
        actor: a host.
        contest: nobody has handed in yet.
        at: now.

    Returns:
        False where a host's program scores: then every score is shown.
    """
    with open_blob(contest.truth_id) as truth:
        table = _constant(contest, truth)
    if table is None:
        return False
    contest.is_guarded = True
    contest.save(update_fields=["is_guarded"])
    put_baseline(
        actor,
        contest=contest,
        name=name_of(contest),
        format=Format.PREDICTIONS,
        blob=store_bytes(table, stored_at=at),
        filename=FILENAME_OF_SEVERAL if contest.tasks else FILENAME,
        submitted_at=at,
    )
    return True


def _constant(contest: Contest, truth: BinaryIO) -> bytes | None:
    if contest.task != Task.SEVERAL:
        return constant_predictions(contest, truth)
    with constant_answers(contest, truth) as made:
        return made.read()
