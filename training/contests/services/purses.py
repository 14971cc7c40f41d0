"""A contest's purse: when it may be stated, released and taken back."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from licensing import services as licensing
from licensing.models import Purse
from licensing.purse_terms import PurseTerms
from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError
from training.contests import boards
from training.contests.models import Contest, Phase
from training.contests.permissions import require_gives_purse
from training.contests.services.hosting import ContestOver


class NoPurse(DomainError):
    """Nobody has stated a purse for this contest."""

    code = "no_purse"
    status = 404


class PurseTooLate(DomainError):
    """A contest that is open without a purse, or with one, keeps to that."""

    code = "purse_too_late"


@transaction.atomic
def state_purse(
    actor: User, *, contest: Contest, terms: PurseTerms, at: datetime
) -> Purse:
    """Promise a purse before the contest opens, or add to it while it is open.

    With a purse the contest opens once that is whole in escrow.

    Args:
        actor: acts for whose contest it is, who gives the purse.
        contest: not ended.
        terms: what it promises; while the contest is open, only more of `amounts`.
        at: now.

    Raises:
        PermissionDenied: `actor` is no owner of the contest's namespace.
        Malformed: the message names the field.
        ContestOver: it has ended.
        PurseTooLate: it is open and has no purse, or the other terms differ.
        PurseFixed, PurseClosed: see `licensing.services`.
    """
    require_gives_purse(actor, contest)
    held = boards.hold(contest.pk)
    phase = held.phase_at(at)
    if held.ends_at is None:
        raise PurseTooLate(
            gettext(
                "A benchmark never ends, so nobody would win. State a purse for a contest "
                "that does."
            )
        )
    if phase is Phase.CLOSED:
        raise ContestOver(gettext("The contest has ended; state a purse for another."))
    if held.purse is None:
        return _first(actor, held, terms, phase=phase, at=at)
    if phase is Phase.UPCOMING:
        return licensing.restate_purse(actor, purse=held.purse, terms=terms, at=at)
    if _fixed(terms) != _fixed(held.purse):
        raise PurseTooLate(
            gettext(
                "The contest is open, so currency, conditions, what becomes of a prize "
                "that nobody takes and the days to answer stay. Only add to the amounts."
            )
        )
    return licensing.add_to_purse(actor, purse=held.purse, amounts=terms.amounts, at=at)


@transaction.atomic
def release_purse(actor: User, *, contest: Contest, at: datetime) -> Purse:
    """Pay the winners from the frozen board, and what is left back; once.

    Raises:
        PermissionDenied: `actor` is no owner of the contest's namespace.
        NoPurse: there is none.
        BoardNotFrozen, StillWaiting, PurseClosed: see `licensing.services`.
    """
    require_gives_purse(actor, contest)
    purse = _purse_of(boards.hold(contest.pk))
    return licensing.release_purse(actor, purse=purse, at=at)


@transaction.atomic
def return_purse(actor: User, *, contest: Contest, reason: str, at: datetime) -> Purse:
    """Give all of a purse back before the contest opens.

    It opens without one then. Later an operator alone may cancel a purse.

    Raises:
        PermissionDenied: `actor` is no owner of the contest's namespace.
        NoPurse: there is none.
        PurseTooLate: people compete for it; only an operator may take it back.
        Malformed: no reason is given.
        PurseClosed: it was paid to the winners.
    """
    require_gives_purse(actor, contest)
    held = boards.hold(contest.pk)
    purse = _purse_of(held)
    was_open = purse.held_since is not None and held.starts_at <= at
    if was_open and purse.is_open:
        raise PurseTooLate(
            gettext(
                "People have competed for this purse. Ask the operator, who can cancel it."
            )
        )
    return licensing.return_purse(actor, purse=purse, reason=reason, at=at)


@transaction.atomic
def return_surplus(actor: User, *, contest: Contest, at: datetime) -> Purse:
    """Give back what came in above what the purse promises.

    Raises:
        PermissionDenied: `actor` is no owner of the contest's namespace.
        NoPurse: there is none.
    """
    require_gives_purse(actor, contest)
    purse = _purse_of(boards.hold(contest.pk))
    return licensing.return_surplus(actor, purse=purse, at=at)


def _first(
    actor: User, contest: Contest, terms: PurseTerms, *, phase: Phase, at: datetime
) -> Purse:
    if phase is not Phase.UPCOMING:
        raise PurseTooLate(
            gettext(
                "The contest is open already. A purse is stated before that, so that "
                "everyone competes for the same."
            )
        )
    contest.purse = licensing.state_purse(
        actor,
        subject=contest.pk,
        title=contest.title,
        path=reverse("training:contest-detail", args=[contest.slug]),
        funder=licensing.party_of(contest.namespace),
        terms=terms,
        at=at,
    )
    contest.save(update_fields=["purse"])
    return contest.purse


def _fixed(stated: PurseTerms | Purse) -> tuple[str, str, str, int]:
    """Return what of a purse stays as it is while people compete for it."""
    return (
        stated.currency,
        stated.conditions,
        str(stated.passing),
        stated.answer_days,
    )


def _purse_of(contest: Contest) -> Purse:
    if contest.purse is None:
        raise NoPurse(gettext("This contest has no purse."))
    return contest.purse
