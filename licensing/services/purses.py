"""Purses: stated, funded by bank transfer, added to, returned."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import AlreadyPosted, Leg
from licensing.models import (
    EntryKind,
    Party,
    Purse,
    PurseStatement,
    PurseTransfer,
)
from licensing.money import shown
from licensing.permissions import may_act_for, require_acts_for
from licensing.purse_terms import PurseTerms, check_amounts, check_terms
from licensing.services.letters import (
    tell_purse_cancelled,
    tell_purse_held,
    tell_purse_over,
)
from licensing.services.numbers import new_number
from licensing.services.payments import check_transfer
from licensing.services.settlement import ReferenceUsed
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class PurseClosed(DomainError):
    """The money of this purse has gone out already."""

    code = "purse_closed"


class PurseDecided(DomainError):
    """The board it is won by is frozen, so what the purse gives is settled."""

    code = "purse_decided"


class PurseFixed(DomainError):
    """What people compete for may grow and not shrink."""

    code = "purse_fixed"


@transaction.atomic
def state_purse(
    actor: User,
    *,
    subject: UUID,
    title: str,
    path: str,
    funder: Party,
    terms: PurseTerms,
    at: datetime,
) -> Purse:
    """Promise a purse; it waits for its money.

    Args:
        actor: acts for `funder`.
        subject: the id of what it is won by; once each.
        title: of that, as people read it.
        path: of its page on this site.
        funder: who pays it in, and gets back what nobody wins.
        terms: what it promises.
        at: now.

    Raises:
        PermissionDenied: `actor` does not act for the funder.
        Malformed: the message names the field.
    """
    require_acts_for(actor, funder)
    check_terms(terms)
    purse = Purse.objects.create(
        subject=subject,
        reference=new_number(),
        title=title,
        path=path,
        funder=funder,
        currency=terms.currency,
        conditions=terms.conditions,
        passing=terms.passing,
        answer_days=terms.answer_days,
        stated_minor=sum(terms.amounts),
        stated_by=actor,
        stated_at=at,
    )
    _write_down(actor, purse, terms.amounts, at=at)
    return purse


@transaction.atomic
def restate_purse(
    actor: User, *, purse: Purse, terms: PurseTerms, at: datetime
) -> Purse:
    """Promise something else, while nobody competes for it yet.

    Raises:
        PermissionDenied: `actor` does not act for the funder.
        Malformed: the message names the field.
        PurseFixed: money of another currency has come in.
        PurseClosed, PurseDecided: it is too late.
    """
    check_terms(terms)
    purse = _stated(actor, purse)
    if purse.received_minor and terms.currency != purse.currency:
        raise PurseFixed(
            gettext(
                "currency: %(received_minor)s has come in, so the purse stays in "
                "%(currency)s."
            )
            % {
                "received_minor": shown(purse.received_minor, purse.currency),
                "currency": purse.currency,
            }
        )
    purse.currency, purse.conditions = terms.currency, terms.conditions
    purse.passing, purse.answer_days = terms.passing, terms.answer_days
    purse.stated_minor = sum(terms.amounts)
    if purse.due_minor:
        purse.held_since = None
    else:
        purse.held_since = purse.held_since or at
    purse.save(
        update_fields=[
            *("currency", "conditions", "passing", "answer_days"),
            *("stated_minor", "held_since"),
        ]
    )
    _write_down(actor, purse, terms.amounts, at=at)
    return purse


@transaction.atomic
def add_to_purse(
    actor: User, *, purse: Purse, amounts: Sequence[int], at: datetime
) -> Purse:
    """Promise more for some places, or more places, while people compete for it.

    It counts once the whole of it lies in escrow; until then what was held before does.

    Raises:
        PermissionDenied: `actor` does not act for the funder.
        Malformed: the message names the field.
        PurseFixed: a place would get less than it was promised, or nothing is added.
        PurseClosed, PurseDecided: it is too late.
    """
    purse = _stated(actor, purse)
    check_amounts(amounts)
    before = newest(purse).amounts
    grows = len(amounts) >= len(before) and all(
        new >= old for new, old in zip(amounts, before, strict=False)
    )
    if not grows or sum(amounts) == sum(before):
        promised = ", ".join(shown(each, purse.currency) for each in before)
        raise PurseFixed(
            gettext(
                "amounts: the contest is open and promises %(promised)s. Give each "
                "place as much or more, and add something."
            )
            % {"promised": promised}
        )
    purse.stated_minor = sum(amounts)
    purse.save(update_fields=["stated_minor"])
    _write_down(actor, purse, amounts, at=at)
    return purse


@transaction.atomic
def confirm_purse_transfer(
    actor: User,
    *,
    purse: Purse,
    bank_reference: str,
    amount_minor: int,
    received_on: date,
    confirmed_at: datetime,
) -> Purse:
    """Record money that came in for a purse, into escrow. The same words twice are one.

    Args:
        actor: a member of the staff, who vouches for it.
        purse: what it is for; the money is in its currency.
        bank_reference: the transfer's own, as the bank states it; once over everything.
        amount_minor: minor units, above zero.
        received_on: the value date at the bank, not in the future.
        confirmed_at: when the operator said so.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: the message names the field.
        ReferenceUsed: it was told of something else, or with another amount or date.
        PurseClosed, PurseDecided: it takes no money any more; nothing is recorded.
    """
    require_staff(actor)
    reference = " ".join(bank_reference.split())
    check_transfer(reference, amount_minor, received_on, confirmed_at)
    purse = locked(purse)
    if _is_told(purse, reference, amount_minor, received_on):
        return purse
    _require_undecided(purse, "Send the transfer back to its sender.")
    try:
        with transaction.atomic():
            PurseTransfer.objects.create(
                purse=purse,
                bank_reference=reference,
                amount_minor=amount_minor,
                received_on=received_on,
                confirmed_by=actor,
                confirmed_at=confirmed_at,
            )
            ledger.post(
                key=f"transfer:{reference.upper()}",
                kind=EntryKind.PRIZE_FUNDED,
                legs=[
                    Leg(ledger.account(ledger.CASH_BANK), purse.currency, amount_minor),
                    Leg(ledger.escrow(purse.subject), purse.currency, -amount_minor),
                ],
                occurred_at=confirmed_at,
                posted_by=actor,
            )
    except (IntegrityError, AlreadyPosted) as clash:
        raise ReferenceUsed(
            gettext(
                "bank_reference: %(reference)s is recorded for something else. Check "
                "the statement; each transfer has its own reference."
            )
            % {"reference": reference}
        ) from clash
    purse.received_minor += amount_minor
    if not purse.due_minor and purse.held_since is None:
        purse.held_since = confirmed_at
        tell_purse_held(purse, at=confirmed_at)
    purse.save(update_fields=["received_minor", "held_since"])
    record_act(
        actor,
        "confirm_purse_transfer",
        purse,
        at=confirmed_at,
        bank_reference=reference,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
    )
    return purse


@transaction.atomic
def return_surplus(actor: User, *, purse: Purse, at: datetime) -> Purse:
    """Give back what lies in escrow above what is stated; nothing, where nothing does.

    Raises:
        PermissionDenied: `actor` neither acts for the funder nor is staff.
    """
    require_gives(actor, purse)
    purse = locked(purse)
    if purse.surplus_minor:
        _give_back(actor, purse, purse.surplus_minor, at=at)
        purse.save(update_fields=["returned_minor"])
    return purse


@transaction.atomic
def return_purse(actor: User, *, purse: Purse, reason: str, at: datetime) -> Purse:
    """Give everything back and close the purse; twice is once.

    The room of what it is won by has judged that it may be taken back.

    Raises:
        PermissionDenied: `actor` neither acts for the funder nor is staff.
        Malformed: no reason is given; everyone reads it.
        PurseClosed: it was paid to the winners.
    """
    require_gives(actor, purse)
    if not reason.strip():
        raise Malformed(gettext("reason: say why; everyone reads it."))
    purse = locked(purse)
    if not purse.is_open:
        if purse.awarded_minor:
            raise PurseClosed(gettext("The purse was paid to the winners."))
        return purse
    close(actor, purse, note=reason.strip(), at=at)
    record_act(actor, "return_purse", purse, at=at, reason=purse.closing_note)
    tell_purse_over(purse, at=at)
    tell_purse_cancelled(purse, at=at)
    return purse


def close(actor: User, purse: Purse, *, note: str, at: datetime) -> None:
    """Give back what is left of a locked purse, and close it."""
    if purse.held_minor:
        _give_back(actor, purse, purse.held_minor, at=at)
    purse.closed_at, purse.closing_note = at, note
    purse.save(
        update_fields=["awarded_minor", "returned_minor", "closed_at", "closing_note"]
    )


def require_gives(actor: User, purse: Purse) -> None:
    """Return if `actor` may give out what lies in the purse: for its funder, or staff.

    Raises:
        PermissionDenied: they may not.
    """
    if not (actor.is_staff or may_act_for(actor, purse.funder)):
        raise PermissionDenied(f"Only an owner of {purse.funder} may do this.")


def locked(purse: Purse) -> Purse:
    """Return a purse as it is now, held until the transaction ends."""
    held = Purse.objects.select_for_update(of=("self",)).select_related("funder")
    return held.get(pk=purse.pk)


def newest(purse: Purse) -> PurseStatement:
    return purse.statements.order_by("-number")[0]


def _stated(actor: User, purse: Purse) -> Purse:
    """Return the purse locked, for who may still promise something else of it."""
    require_acts_for(actor, purse.funder)
    purse = locked(purse)
    _require_undecided(purse, "Open another contest for another purse.")
    return purse


def _require_undecided(purse: Purse, advice: str) -> None:
    if not purse.is_open:
        raise PurseClosed(
            gettext("The purse %(reference)s is closed. %(advice)s")
            % {"reference": purse.reference, "advice": advice}
        )
    if purse.decided_at:
        raise PurseDecided(
            gettext("The winners of %(reference)s are determined. %(advice)s")
            % {"reference": purse.reference, "advice": advice}
        )


def _write_down(
    actor: User, purse: Purse, amounts: Sequence[int], *, at: datetime
) -> None:
    last = purse.statements.aggregate(last=Max("number"))["last"] or 0
    PurseStatement.objects.create(
        purse=purse,
        number=last + 1,
        amounts=list(amounts),
        stated_by=actor,
        stated_at=at,
    )
    record_act(
        actor, "state_purse", purse, at=at, number=last + 1, minor=purse.stated_minor
    )


def _give_back(actor: User, purse: Purse, minor: int, *, at: datetime) -> None:
    ledger.post(
        key=f"prize-return:{purse.reference}:{purse.returned_minor}",
        kind=EntryKind.PRIZE_RETURNED,
        legs=[
            Leg(ledger.escrow(purse.subject), purse.currency, minor),
            Leg(ledger.payable(purse.funder), purse.currency, -minor),
        ],
        occurred_at=at,
        posted_by=actor,
    )
    purse.returned_minor += minor
    record_act(actor, "return_prize_money", purse, at=at, minor=minor)


def _is_told(
    purse: Purse, reference: str, amount_minor: int, received_on: date
) -> bool:
    told = PurseTransfer.objects.filter(bank_reference__iexact=reference).first()
    if told is None:
        return False
    same = (told.purse_id, told.amount_minor, told.received_on)
    if same != (purse.pk, amount_minor, received_on):
        raise ReferenceUsed(
            gettext(
                "bank_reference: %(reference)s is recorded otherwise, on "
                "%(received_on)s. Check the statement; each transfer has its own "
                "reference."
            )
            % {"reference": reference, "received_on": told.received_on}
        )
    return True
