"""A host's acts with scores to compare a board with."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from training.contests import boards
from training.contests.models import Contest
from training.contests.permissions import require_host
from training.contests.references import Reference, WrongReference, check_references


@transaction.atomic
def set_references(
    actor: User, *, contest: Contest, references: Sequence[Reference], at: datetime
) -> Contest:
    """Show other scores to compare a board with; ranks and prizes do not change.

    Args:
        actor: a host.
        contest: whose board, frozen or not.
        references: all of them, in their order.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: one is incomplete; says which.
    """
    require_host(actor, contest)
    try:
        check_references(references)
    except WrongReference as wrong:
        raise Malformed(f"references: {wrong}") from wrong
    held = boards.hold(contest.pk)
    held.reference_scores = [each.as_json() for each in references]
    held.board_version += 1
    held.save(update_fields=["reference_scores", "board_version"])
    record_act(actor, "set_references", held, at=at, count=len(references))
    return held
