"""Seats that an organisation bought: given to members by name, and freed again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import Entitlement, Seat
from licensing.permissions import parties_of, require_acts_for
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class NoSeatLeft(DomainError):
    code = "no_seat_left"


class NotSeated(DomainError):
    code = "not_seated"


@transaction.atomic
def assign_seat(
    actor: User, *, entitlement: Entitlement, user: User, assigned_at: datetime
) -> Seat:
    """Give a member one of the seats that their organisation bought; twice is once.

    Args:
        actor: someone who acts for the organisation.
        entitlement: what it holds.
        user: a member of it.
        assigned_at: when.

    Raises:
        PermissionDenied: `actor` does not act for the organisation.
        NotSeated: it is not held by an organisation, or not counted in seats.
        Malformed: `user` is no member.
        NoSeatLeft: all are taken; free one first.
    """
    held = _locked(actor, entitlement)
    if held.seats is None or held.holder.organisation_id is None:
        raise NotSeated(
            gettext("This is not counted in seats: every member may use it.")
        )
    if not parties_of(user).filter(pk=held.holder_id).exists():
        raise Malformed(
            gettext("user: %(username)s is no member of %(holder)s.")
            % {"username": user.username, "holder": held.holder}
        )
    taken = {seat.number: seat for seat in held.places.filter(freed_at__isnull=True)}
    for seat in taken.values():
        if seat.user_id == user.pk:
            return seat
    free = set(range(1, min(held.seats, len(taken) + 1) + 1)) - taken.keys()
    if not free:
        raise NoSeatLeft(
            gettext("user: all %(seats)s seats are taken. Free one, or order more.")
            % {"seats": held.seats}
        )
    seat = Seat.objects.create(
        entitlement=held,
        user=user,
        number=min(free),
        of=held.seats,
        assigned_by=actor,
        assigned_at=assigned_at,
    )
    _record(actor, "assign_seat", seat, at=assigned_at)
    return seat


@transaction.atomic
def free_seat(
    actor: User, *, entitlement: Entitlement, user: User, freed_at: datetime
) -> Seat:
    """Take a seat from somebody, a member still or no longer, for another to have.

    Raises:
        PermissionDenied: `actor` does not act for the organisation.
        NotSeated: `user` has none.
    """
    held = _locked(actor, entitlement)
    seat = held.places.filter(user=user, freed_at__isnull=True).first()
    if seat is None:
        raise NotSeated(
            gettext("user: %(username)s has no seat of these.")
            % {"username": user.username}
        )
    seat.freed_at = freed_at
    seat.save(update_fields=["freed_at"])
    _record(actor, "free_seat", seat, at=freed_at)
    return seat


def _locked(actor: User, entitlement: Entitlement) -> Entitlement:
    rows = Entitlement.objects.select_for_update(of=("self",), no_key=True)
    held = rows.select_related("holder").get(pk=entitlement.pk)
    require_acts_for(actor, held.holder)
    return held


def _record(actor: User, act: str, seat: Seat, *, at: datetime) -> None:
    record_act(
        actor,
        act,
        seat.entitlement,
        at=at,
        user=seat.user.username,
        number=seat.number,
    )
