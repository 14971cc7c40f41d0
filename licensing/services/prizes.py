"""Prizes: who has won is asked and answers; the purse is released once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import Leg
from licensing.models import Answer, Candidate, EntryKind, Party, Purse
from licensing.money import shown
from licensing.permissions import require_acts_for
from licensing.queries.prizes import winnings
from licensing.services.letters import tell_prize_paid, tell_purse_over, tell_winner
from licensing.services.purses import (
    PurseClosed,
    close,
    locked,
    require_gives,
)
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError

LONGEST_LINE = 1000


class BoardNotFrozen(DomainError):
    """Prizes are paid from a board that changes no more, and this one still may."""

    code = "board_not_frozen"


class PurseNotHeld(DomainError):
    """There is no whole purse in escrow that somebody could win."""

    code = "purse_not_held"


class StillWaiting(DomainError):
    """A winner has not answered yet."""

    code = "still_waiting"


class NotWon(DomainError):
    """Nobody asked this party, or the prize has gone to another."""

    code = "not_won"


class TooLate(DomainError):
    """The time to answer is over."""

    code = "too_late"


@transaction.atomic
def decide_purse(
    actor: User, *, purse: Purse, line: Sequence[tuple[Party, int]], at: datetime
) -> Purse:
    """Lay down who is in line for a purse, and ask those who have won; once.

    Called by the room whose board it is, as a part of freezing that.

    Args:
        actor: who froze the board.
        purse: whole in escrow.
        line: parties with their ranks, the best first, equal ranks for ties; those who
            may not win are not in it. Beyond `LONGEST_LINE` it is cut.
        at: now.

    Raises:
        PurseNotHeld: its money is not there.
        PurseClosed: its money has gone out.
    """
    purse = locked(purse)
    if purse.decided_at:
        return purse
    if not purse.is_open:
        raise PurseClosed(
            gettext("The purse %(reference)s is closed.")
            % {"reference": purse.reference}
        )
    if purse.held_since is None:
        raise PurseNotHeld(
            gettext("The purse %(reference)s was never whole in escrow.")
            % {"reference": purse.reference}
        )
    purse.decided_at = at
    purse.save(update_fields=["decided_at"])
    Candidate.objects.bulk_create(
        Candidate(purse=purse, party=party, rank=rank)
        for party, rank in line[:LONGEST_LINE]
    )
    _ask(purse, at=at)
    record_act(actor, "decide_purse", purse, at=at, count=len(line[:LONGEST_LINE]))
    return purse


@transaction.atomic
def accept_prize(
    actor: User, *, candidate: Candidate, payee: Party | None = None, at: datetime
) -> Candidate:
    """Take a prize, to be paid to `payee`; again changes who is paid.

    Args:
        actor: acts for who won, and for the payee.
        candidate: who won.
        payee: who is paid: who won, unless said otherwise.
        at: now.

    Raises:
        PermissionDenied: `actor` acts for neither or only for one.
        NotWon: they were not asked, or are out.
        TooLate: the time to answer is over.
        PurseClosed: the purse has gone out.
    """
    payee = payee or candidate.party
    require_acts_for(actor, payee)
    candidate = _asked(actor, candidate, at=at)
    candidate.answer, candidate.answered_at = Answer.ACCEPTED, at
    candidate.payee = payee
    candidate.save(update_fields=["answer", "answered_at", "payee"])
    record_act(actor, "accept_prize", candidate, at=at, payee=str(payee.pk))
    return candidate


@transaction.atomic
def decline_prize(actor: User, *, candidate: Candidate, at: datetime) -> Candidate:
    """Leave a prize to the others, or to who gave it, as the purse says; for good.

    Raises:
        PermissionDenied: `actor` does not act for who won.
        NotWon: they were not asked, or are out.
        TooLate: the time to answer is over.
        PurseClosed: the purse has gone out.
    """
    candidate = _asked(actor, candidate, at=at)
    _put_out(candidate, Answer.DECLINED, at=at)
    record_act(actor, "decline_prize", candidate, at=at)
    return candidate


@transaction.atomic
def strike_candidate(actor: User, *, purse: Purse, party: Party, at: datetime) -> None:
    """Put a party out of the line for a purse. Whoever judged it has said why.

    Raises:
        PurseClosed: the purse has gone out, so nothing can be taken back.
    """
    purse = locked(purse)
    if not purse.is_open:
        raise PurseClosed(
            gettext("The purse %(reference)s has gone out already.")
            % {"reference": purse.reference}
        )
    found = purse.candidates.filter(party=party).exclude(answer=Answer.STRUCK).first()
    if found is not None:
        _put_out(found, Answer.STRUCK, at=at)
        record_act(actor, "strike_candidate", found, at=at)


def lapse_prizes(at: datetime) -> int:
    """Put out those who did not answer in time, and ask who comes next; return how many."""
    late = Candidate.objects.filter(answer="", answer_by__lte=at)
    open_ = late.filter(purse__closed_at__isnull=True).order_by("answer_by", "pk")
    return sum(_lapse(candidate, at=at) for candidate in list(open_))


@transaction.atomic
def _lapse(candidate: Candidate, *, at: datetime) -> bool:
    purse = locked(candidate.purse)
    late = Candidate.objects.filter(pk=candidate.pk, answer="").first()
    if late is None or not purse.is_open:
        return False
    _put_out(late, Answer.LAPSED, at=at)
    record_act(None, "lapse_prize", late, at=at)
    return True


@transaction.atomic
def release_purse(actor: User, *, purse: Purse, at: datetime) -> Purse:
    """Pay the prizes to what the house owes the winners, and the rest back; once.

    Everything is one transaction on the locked purse: a repetition, another person at
    the same time and a retry after a crash find it closed, or nothing done.

    Args:
        actor: acts for the funder, or is staff.
        purse: decided.
        at: now.

    Raises:
        PermissionDenied: `actor` may not give it out.
        BoardNotFrozen: nobody has frozen the board that decides it.
        StillWaiting: a winner has not answered.
        PurseClosed: it was returned.
    """
    require_gives(actor, purse)
    purse = locked(purse)
    if purse.decided_at is None:
        raise BoardNotFrozen(
            gettext(
                "Freeze the board first; a purse is released only from one that changes no "
                "more."
            )
        )
    if not purse.is_open:
        if purse.closing_note:
            raise PurseClosed(
                gettext("The purse was returned: %(closing_note)s")
                % {"closing_note": purse.closing_note}
            )
        return purse
    winners = winnings(purse)
    if waiting := [each for each, _ in winners if each.answer != Answer.ACCEPTED]:
        until = max(each.answer_by for each in waiting if each.answer_by)
        raise StillWaiting(
            gettext(
                "%(waiting)s of %(winners)s winners have not answered. The last may "
                "do so until %(until)s UTC."
            )
            % {
                "waiting": len(waiting),
                "winners": len(winners),
                "until": f"{until:%Y-%m-%d %H:%M}",
            }
        )
    for candidate, minor in winners:
        _award(actor, purse, candidate, minor, at=at)
    close(actor, purse, note="", at=at)
    record_act(
        actor,
        "release_purse",
        purse,
        at=at,
        awarded_minor=purse.awarded_minor,
        returned_minor=purse.returned_minor,
    )
    tell_purse_over(purse, at=at)
    return purse


def _ask(purse: Purse, *, at: datetime) -> None:
    """Ask those who have won and were not asked yet."""
    until = at + timedelta(days=purse.answer_days)
    for candidate, minor in winnings(purse):
        if candidate.asked_at is None:
            candidate.asked_at, candidate.answer_by = at, until
            candidate.save(update_fields=["asked_at", "answer_by"])
            won = shown(minor, purse.currency)
            tell_winner(candidate, purse, won=won, until=until, at=at)


def _asked(actor: User, candidate: Candidate, *, at: datetime) -> Candidate:
    """Return the candidate with their purse locked, if they may answer for them now."""
    require_acts_for(actor, candidate.party)
    purse = locked(candidate.purse)
    candidate = Candidate.objects.select_related("party").get(pk=candidate.pk)
    candidate.purse = purse
    if not purse.is_open:
        raise PurseClosed(
            gettext("The purse %(reference)s has gone out already.")
            % {"reference": purse.reference}
        )
    if candidate.answer_by is None or candidate.is_out:
        said = candidate.get_answer_display() or "not asked"
        raise NotWon(
            gettext("There is no prize to answer to: %(lower)s.")
            % {"lower": said.lower()}
        )
    if at >= candidate.answer_by:
        raise TooLate(
            gettext("The time to answer ended %(answer_by)s UTC.")
            % {"answer_by": f"{candidate.answer_by:%Y-%m-%d %H:%M}"}
        )
    return candidate


def _put_out(candidate: Candidate, answer: Answer, *, at: datetime) -> None:
    candidate.answer, candidate.answered_at, candidate.payee = answer, at, None
    candidate.save(update_fields=["answer", "answered_at", "payee"])
    _ask(candidate.purse, at=at)


def _award(
    actor: User, purse: Purse, candidate: Candidate, minor: int, *, at: datetime
) -> None:
    payee = candidate.payee or candidate.party
    ledger.post(
        key=f"prize:{purse.reference}:{candidate.party_id}",
        kind=EntryKind.PRIZE_AWARDED,
        legs=[
            Leg(ledger.escrow(purse.subject), purse.currency, minor),
            Leg(ledger.payable(payee), purse.currency, -minor),
        ],
        occurred_at=at,
        posted_by=actor,
    )
    candidate.awarded_minor = minor
    candidate.save(update_fields=["awarded_minor"])
    purse.awarded_minor += minor
    tell_prize_paid(candidate, purse, won=shown(minor, purse.currency), at=at)
