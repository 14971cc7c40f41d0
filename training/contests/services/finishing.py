"""The end of a contest: who is disqualified, and the board that changes no more."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from licensing import services as licensing
from licensing.models import Party
from licensing.services.prizes import LONGEST_LINE
from marketplace.accounts.models import WRITERS, Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.columns import packed_numbers
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    EditionKind,
    EditionRow,
    Entrant,
    Phase,
)
from training.contests.permissions import is_of, require_host
from training.contests.phase_boards import keep_boards
from training.contests.services.rescoring import RescorePending, StillScoring
from training.runs.models import RunStatus

BATCH = 2000


class NotOver(DomainError):
    """The board of a contest that goes on is nobody's end."""

    code = "contest_not_over"


@transaction.atomic
def freeze_board(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Make the board of a contest that has ended final; twice is once.

    It is compared with the exact query first. Where a purse lies in escrow, those in
    line for it are laid down and the winners asked, or at the release where rows are
    private.

    Args:
        actor: a host.
        contest: ended, with everything scored.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        NotOver: it has not ended.
        RescorePending, StillScoring: the board is about to change.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    if held.frozen_at is not None:
        return held
    if held.phase_at(at) is not Phase.CLOSED:
        raise NotOver(
            gettext("The contest has not ended. Its end: %(end_said)s.")
            % {"end_said": held.end_said}
        )
    if held.pending_version is not None:
        raise RescorePending(gettext("Publish or drop the re-scoring that is pending."))
    live = Attempt.objects.filter(
        submission__contest=held,
        submission__withdrawn_at=None,
        submission__is_ranked=True,
        run__status__in=[RunStatus.QUEUED, RunStatus.RUNNING],
    )
    if left := live.count():
        raise StillScoring(
            gettext("%(left)s submissions are still being scored.") % {"left": left}
        )
    boards.audit(held.pk, at=at)
    held.frozen_at = at
    _complete(held)
    held.save(update_fields=["frozen_at"])
    record_act(actor, "freeze_board", held, at=at)
    purse, waits = held.purse, held.split_column  # for the private rows' ranks
    if purse is not None and purse.is_open and purse.held_since and not waits:
        licensing.decide_purse(actor, purse=purse, line=line_of(held), at=at)
    return held


@transaction.atomic
def disqualify(
    actor: User, *, contest: Contest, name: str, reason: str, at: datetime
) -> Entrant:
    """Put an entrant out, for good: off the board, or struck out on a frozen one.

    Whoever is out gets nothing of a purse. Doing it again changes nothing.

    Args:
        actor: a host.
        contest: whose entrant.
        name: the entrant's, as the board says it.
        reason: the entrant reads it.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it, or is the entrant.
        Malformed: nobody of this name competes, or no reason is given.
        PurseClosed: the purse has gone out.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    competing = held.entrants.filter(is_baseline=False, dissolved_at=None)
    entrant = competing.select_related("user").filter(name=name).first()
    if entrant is None:
        raise Malformed(
            gettext("name: nobody called “%(name)s” competes in this contest.")
            % {"name": name}
        )
    if not reason.strip():
        raise Malformed(gettext("reason: say why; they read it."))
    if is_of(actor, entrant):
        raise PermissionDenied("Nobody judges themselves.")
    if entrant.disqualified_at is not None:
        return entrant
    entrant.disqualified_at, entrant.disqualification = at, reason.strip()
    entrant.save(update_fields=["disqualified_at", "disqualification"])
    if held.frozen_at is None:
        boards.keep(held, entrants=[entrant.pk], at=at)
        keep_boards(held, entrants=[entrant.pk])
    else:
        _strike_out(actor, held, entrant, at=at)
    record_act(actor, "disqualify", held, at=at, name=name, reason=reason.strip())
    notify(
        User.objects.filter(contest_places__entrant=entrant),
        kind=Letter.PRIZE,
        subject=f"You are disqualified in “{held.title}”",
        text=f"The hosts of “{held.title}” say: {entrant.disqualification}",
        path=reverse("training:contest-detail", args=[held.slug]),
        at=at,
    )
    return entrant


def line_of(contest: Contest) -> list[tuple[Party, int]]:
    """Return who may win a contest's purse, by the ranks of its board, the best first.

    Where rows are private, the board is the final edition.

    A team's captain takes its prize. Baselines, who is disqualified, and every team with
    somebody who runs the contest or this site are not among them.
    """
    runs_it = Q(pk=contest.host_id) | Q(is_staff=True) | Q(namespace=contest.namespace)
    if contest.namespace.organisation_id is not None:
        runs_it |= Q(
            memberships__organisation=contest.namespace.organisation_id,
            memberships__role__in=WRITERS,
        )
    first = _ranked(contest, outside=User.objects.filter(runs_it))
    parties = licensing.parties_of_users(row.entrant.user for row in first)
    ranks = [row.rank or 0 for row in first]
    return list(zip(parties, ranks, strict=True))


def _ranked(
    contest: Contest, *, outside: QuerySet[User]
) -> Sequence[BoardRow | EditionRow]:
    people = outside.values("pk")
    if contest.split_column:
        final = EditionRow.objects.filter(
            edition__contest=contest,
            edition__kind=EditionKind.PRIVATE,
            rank__isnull=False,
            entrant__disqualified_at__isnull=True,
        ).exclude(entrant__members__user__in=people)
        ordered = final.select_related("entrant__user").order_by("place")
        return list(ordered[:LONGEST_LINE])
    board = BoardRow.objects.filter(
        contest=contest, rank__isnull=False, is_disqualified=False
    ).exclude(entrant__members__user__in=people)
    ranked = board.select_related("entrant__user").order_by("place", "pk")
    return list(ranked[:LONGEST_LINE])


def _strike_out(
    actor: User, contest: Contest, entrant: Entrant, *, at: datetime
) -> None:
    BoardRow.objects.filter(entrant=entrant).update(is_disqualified=True)
    Contest.objects.filter(pk=contest.pk).update(board_version=F("board_version") + 1)
    if contest.purse is not None and contest.purse.decided_at is not None:
        party = licensing.party_of_user(entrant.user)
        licensing.strike_candidate(actor, purse=contest.purse, party=party, at=at)


def _complete(contest: Contest) -> None:
    """Write what a guarded board tells only at its end; places stay.

    Args:
        contest: held, with the moment at which it is about to be frozen.
    """
    if not contest.is_guarded or not contest.board_columns:
        return
    rows = BoardRow.objects.filter(contest=contest).select_related(
        "attempt__run", "attempt__submission"
    )
    kept = list(rows)
    numbers = packed_numbers(contest, [row.attempt for row in kept])
    for row in kept:
        row.columns = numbers[row.attempt_id]
    BoardRow.objects.bulk_update(kept, ["columns"], batch_size=BATCH)
    Contest.objects.filter(pk=contest.pk).update(board_version=F("board_version") + 1)
