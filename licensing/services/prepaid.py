"""Money paid in beforehand: opened, paid in by transfer, charged, given back."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from licensing import ledger
from licensing.ledger import AlreadyPosted, Leg
from licensing.models import Entry, EntryKind, Party, Prepaid, PrepaidTransfer
from licensing.money import shown
from licensing.permissions import may_act_for
from licensing.services.numbers import new_number
from licensing.services.payments import check_transfer
from licensing.services.settlement import ReferenceUsed
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class Overdrawn(DomainError):
    """There is less left than was asked for."""

    code = "prepaid_overdrawn"


def open_prepaid(party: Party, *, currency: str, at: datetime) -> Prepaid:
    """Return a fresh place for money that a party pays in beforehand."""
    return Prepaid.objects.create(
        party=party, currency=currency, reference=new_number(), opened_at=at
    )


@transaction.atomic
def confirm_prepaid_transfer(
    actor: User,
    *,
    prepaid: Prepaid,
    bank_reference: str,
    amount_minor: int,
    received_on: date,
    confirmed_at: datetime,
) -> Prepaid:
    """Record money that was paid in beforehand. The same words twice are one.

    Args:
        actor: a member of the staff, who vouches for it.
        prepaid: where it goes; the money is in its currency.
        bank_reference: the transfer's own, as the bank states it; once over everything.
        amount_minor: minor units, above zero.
        received_on: the value date at the bank, not in the future.
        confirmed_at: when the operator said so.

    Raises:
        PermissionDenied: `actor` is not staff.
        Malformed: the message names the field.
        ReferenceUsed: it was told of something else, or with another amount or date.
    """
    require_staff(actor)
    reference = " ".join(bank_reference.split())
    check_transfer(reference, amount_minor, received_on, confirmed_at)
    prepaid = _locked(prepaid)
    told = PrepaidTransfer.objects.filter(bank_reference__iexact=reference).first()
    if told is not None:
        same = (told.prepaid_id, told.amount_minor, told.received_on)
        if same != (prepaid.pk, amount_minor, received_on):
            raise _used(reference)
        return prepaid
    try:
        with transaction.atomic():
            PrepaidTransfer.objects.create(
                prepaid=prepaid,
                bank_reference=reference,
                amount_minor=amount_minor,
                received_on=received_on,
                confirmed_by=actor,
                confirmed_at=confirmed_at,
            )
            ledger.post(
                key=f"transfer:{reference.upper()}",
                kind=EntryKind.PREPAID,
                legs=[
                    Leg(ledger.CASH_BANK, prepaid.currency, amount_minor),
                    Leg(ledger.prepaid_code(prepaid), prepaid.currency, -amount_minor),
                ],
                occurred_at=confirmed_at,
                posted_by=actor,
            )
    except (IntegrityError, AlreadyPosted) as clash:
        raise _used(reference) from clash
    prepaid.received_minor += amount_minor
    prepaid.save(update_fields=["received_minor"])
    record_act(
        actor,
        "confirm_prepaid_transfer",
        prepaid,
        at=confirmed_at,
        bank_reference=reference,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
    )
    return prepaid


@transaction.atomic
def charge_prepaid(prepaid: Prepaid, *, key: str, minor: int, at: datetime) -> Prepaid:
    """Take what was used out of what was paid in, once for each key.

    Args:
        prepaid: what it is taken from.
        key: names what was used, and when.
        minor: minor units, above zero.
        at: now.

    Raises:
        Overdrawn: there is less left; nothing is taken.
        AlreadyPosted: the key is in the ledger with another amount.
    """
    prepaid = _locked(prepaid)
    is_new = not Entry.objects.filter(key=key).exists()
    if is_new:
        _require_left(prepaid, minor)
    ledger.post(
        key=key,
        kind=EntryKind.USAGE,
        legs=[
            Leg(ledger.prepaid_code(prepaid), prepaid.currency, minor),
            Leg(ledger.USAGE, prepaid.currency, -minor),
        ],
        occurred_at=at,
    )
    if is_new:
        prepaid.charged_minor += minor
        prepaid.save(update_fields=["charged_minor"])
    return prepaid


@transaction.atomic
def return_prepaid(
    actor: User, *, prepaid: Prepaid, minor: int, at: datetime
) -> Prepaid:
    """Give back what was paid in and not used: it is paid out as what is earned is.

    Raises:
        PermissionDenied: `actor` neither acts for the party nor is staff.
        Overdrawn: there is less left; nothing is given back.
    """
    if not may_act_for(actor, prepaid.party):
        require_staff(actor)
    prepaid = _locked(prepaid)
    _require_left(prepaid, minor)
    ledger.post(
        key=f"prepaid-return:{prepaid.reference}:{prepaid.returned_minor}",
        kind=EntryKind.PREPAID_RETURNED,
        legs=[
            Leg(ledger.prepaid_code(prepaid), prepaid.currency, minor),
            Leg(ledger.payable(prepaid.party), prepaid.currency, -minor),
        ],
        occurred_at=at,
        posted_by=actor,
    )
    prepaid.returned_minor += minor
    prepaid.save(update_fields=["returned_minor"])
    record_act(actor, "return_prepaid", prepaid, at=at, minor=minor)
    return prepaid


def _locked(prepaid: Prepaid) -> Prepaid:
    held = Prepaid.objects.select_for_update(of=("self",)).select_related("party")
    return held.get(pk=prepaid.pk)


def _require_left(prepaid: Prepaid, minor: int) -> None:
    if not 0 < minor <= prepaid.left_minor:
        raise Overdrawn(
            gettext("%(reference)s holds %(left)s, and %(asked)s was asked for.")
            % {
                "reference": prepaid.reference,
                "left": shown(prepaid.left_minor, prepaid.currency),
                "asked": shown(minor, prepaid.currency),
            }
        )


def _used(reference: str) -> ReferenceUsed:
    return ReferenceUsed(
        gettext(
            "bank_reference: %(reference)s is recorded for something else. Check the "
            "statement; each transfer has its own reference."
        )
        % {"reference": reference}
    )
