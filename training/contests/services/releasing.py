"""After the freeze: the winners are scored once more, then everyone sees private scores."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing import services as licensing
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from training.contests import boards
from training.contests.comparing import compare_soon
from training.contests.comparisons import CheckState, checks_of
from training.contests.editions import keep_private
from training.contests.models import Attempt, BoardRow, Contest
from training.contests.permissions import require_host
from training.contests.services.entering import (
    TASK,
    lane_of,
    most_of,
    queue_of,
)
from training.contests.services.finishing import line_of
from training.contests.services.rescoring import next_version
from training.contests.telling import tell_of_board
from training.runs.services import queue_backlog

MOST_CHECKED = 10


class NotFrozen(DomainError):
    """What still changes is not checked, and not released."""

    code = "board_not_frozen"


class NotVerified(DomainError):
    """A winner's score has not come out the same a second time."""

    code = "board_not_verified"


@transaction.atomic
def verify_board(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Have the first of a frozen board scored once more; twice is once.

    Args:
        actor: a host.
        contest: frozen.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        NotFrozen: its board may still change.
    """
    require_host(actor, contest)
    held = _frozen(contest)
    if held.check_version is not None:
        return held
    winners = BoardRow.objects.filter(
        contest=held, rank__isnull=False, is_disqualified=False
    )
    first = list(winners.order_by("place")[:MOST_CHECKED])
    held.check_version = next_version(held)
    held.save(update_fields=["check_version"])
    runs = queue_backlog(
        actor,
        task=TASK,
        queue=queue_of(held),
        lane=lane_of(held, of="verify"),
        queued_at=at,
        most=most_of(held),
        count=len(first),
    )
    Attempt.objects.bulk_create(
        Attempt(
            submission_id=row.submission_id,
            run=run,
            scorer_version=held.check_version,
            truth_id=held.truth_id,
        )
        for row, run in zip(first, runs, strict=True)
    )
    record_act(actor, "verify_board", held, at=at, count=len(first))
    return held


@transaction.atomic
def release_board(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Let everyone see the private scores of a frozen board; twice is once.

    Where rows are private they decide: they make the final edition, and a purse goes by
    its ranks.

    Args:
        actor: a host.
        contest: frozen; where it has a purse, verified.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        NotFrozen: its board may still change.
        NotVerified: a second scoring goes on, or has come out otherwise.
    """
    require_host(actor, contest)
    held = _frozen(contest)
    if held.released_at is not None:
        return held
    _require_verified(held)
    held.released_at = at
    held.board_version += 1
    held.save(update_fields=["released_at", "board_version"])
    if held.split_column:
        keep_private(held, at=at)
        compare_soon(held.pk)
    record_act(actor, "release_board", held, at=at)
    tell_of_board(held, said="the private scores are there for everyone to see", at=at)
    purse = held.purse
    if purse is not None and purse.is_open and purse.held_since and held.split_column:
        licensing.decide_purse(actor, purse=purse, line=line_of(held), at=at)
    return held


def _frozen(contest: Contest) -> Contest:
    held = boards.hold(contest.pk)
    if held.frozen_at is None:
        raise NotFrozen(gettext("Freeze the board first; until then it may change."))
    return held


def _require_verified(contest: Contest) -> None:
    if contest.check_version is None:
        if contest.purse is not None and contest.purse.is_open:
            raise NotVerified(
                gettext(
                    "A purse hangs on this board. Have the winners' submissions scored "
                    "once "
                    "more first."
                )
            )
        return
    checks = checks_of(contest)
    if any(check.state is CheckState.WAITING for check in checks):
        raise NotVerified(
            gettext("The winners' submissions are still being scored once more.")
        )
    differing = [each.name for each in checks if each.state is CheckState.DIFFERS]
    if differing:
        raise NotVerified(
            gettext(
                "%(differing)s: the second scoring came out otherwise. Find out why, "
                "and disqualify whom it was wrong for."
            )
            % {"differing": ", ".join(differing)}
        )
