"""What owners allow and pay in, and what they get back."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing import services as licensing
from licensing.models import Prepaid
from licensing.money import shown
from licensing.services.payments import LARGEST_AMOUNT
from licensing.services.works import party_of
from marketplace.accounts.models import Namespace, Role, User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.metering.models import Budget
from marketplace.metering.prices import Prices, at_most
from marketplace.metering.queries import prices_of, standing_of, tariff_at
from marketplace.metering.services.recording import accrue_storage


class NothingCharged(DomainError):
    """Nothing is charged on this site, so there is nothing to pay or to limit."""

    code = "nothing_charged"


class BelowCommitted(DomainError):
    """More was spent, or set aside for work under way and what is stored."""

    code = "below_committed"


def held_budget(namespace: Namespace, *, currency: str, at: datetime) -> Budget:
    """Return the budget of a namespace, locked, made on first use.

    Call it in a transaction. What else decides is read after it, so that it is of now.
    """
    held = Budget.objects.select_for_update().filter(namespace=namespace)
    budget = held.first()
    if budget is None:
        Namespace.objects.select_for_update(no_key=True).get(pk=namespace.pk)
        if not held.exists():
            party = party_of(namespace)
            prepaid = licensing.open_prepaid(party, currency=currency, at=at)
            Budget.objects.create(namespace=namespace, prepaid=prepaid)
        budget = held.get()
    return budget


@transaction.atomic
def open_budget(actor: User, *, namespace: Namespace, at: datetime) -> Budget:
    """Return the budget of a namespace, with the reference that money is paid in under.

    Raises:
        PermissionDenied: `actor` does not own it.
        NothingCharged: there are no prices.
    """
    require_owner(actor, namespace)
    return held_budget(namespace, currency=prices_in_force(at).currency, at=at)


@transaction.atomic
def set_limit(
    actor: User, *, namespace: Namespace, limit_minor: int | None, at: datetime
) -> Budget:
    """Say what a namespace may spend in a month; None is all that was paid in.

    Args:
        actor: owns it.
        namespace: whose budget it is.
        limit_minor: minor units, at least 0.
        at: now.

    Raises:
        PermissionDenied: `actor` does not own it.
        Malformed: the limit is out of range.
        NothingCharged: there are no prices.
        BelowCommitted: more was spent this month, or is set aside.
    """
    require_owner(actor, namespace)
    if limit_minor is not None and not 0 <= limit_minor <= LARGEST_AMOUNT:
        raise Malformed(gettext("limit_minor: give an amount, not below zero."))
    prices = prices_in_force(at)
    budget = held_budget(namespace, currency=prices.currency, at=at)
    standing = standing_of(namespace, prices=prices, at=at)
    least = min(at_most(standing.committed()), standing.paid_minor)
    if limit_minor is not None and limit_minor < least:
        raise BelowCommitted(
            gettext(
                "limit_minor: %(least)s is spent this month, or set aside for work under "
                "way and what is stored. Give as much or more, or stop that work first."
            )
            % {"least": shown(least, prices.currency)}
        )
    budget.limit_minor = limit_minor
    budget.warned_for = None
    budget.save(update_fields=["limit_minor", "warned_for"])
    record_act(actor, "set_budget", budget, at=at, limit_minor=limit_minor)
    return budget


@transaction.atomic
def confirm_payment(
    actor: User,
    *,
    prepaid: Prepaid,
    bank_reference: str,
    amount_minor: int,
    received_on: date,
    at: datetime,
) -> Prepaid:
    """Record what was paid in for use; its owners may be warned anew.

    Raises:
        PermissionDenied, Malformed, ReferenceUsed: see `confirm_prepaid_transfer`.
    """
    paid = licensing.confirm_prepaid_transfer(
        actor,
        prepaid=prepaid,
        bank_reference=bank_reference,
        amount_minor=amount_minor,
        received_on=received_on,
        confirmed_at=at,
    )
    Budget.objects.filter(prepaid=prepaid).update(warned_for=None)
    return paid


@transaction.atomic
def return_unused(actor: User, *, namespace: Namespace, at: datetime) -> int:
    """Give back what was paid in and is neither spent nor set aside; say how much.

    Raises:
        PermissionDenied: `actor` neither owns the namespace nor is staff.
    """
    if namespace.role_of(actor) != Role.OWNER:
        require_staff(actor)
    found = Budget.objects.select_for_update().filter(namespace=namespace).first()
    if found is None:
        return 0
    prepaid = Prepaid.objects.get(pk=found.prepaid_id)
    tariff, free = tariff_at(at), prepaid.left_minor
    if tariff is not None:
        accrue_storage(at, namespaces=[namespace.pk])
        standing = standing_of(namespace, prices=prices_of(tariff), at=at)
        free = min(standing.paid_minor - at_most(standing.committed()), free)
    if free > 0:
        licensing.return_prepaid(actor, prepaid=prepaid, minor=free, at=at)
    return max(free, 0)


def require_owner(actor: User, namespace: Namespace) -> None:
    """Return if `actor` may say what a namespace spends.

    Raises:
        PermissionDenied: they may not.
    """
    if namespace.role_of(actor) != Role.OWNER:
        raise PermissionDenied(f"Only an owner of “{namespace.name}” may do this.")


def prices_in_force(at: datetime) -> Prices:
    """Return the prices of a moment.

    Raises:
        NothingCharged: there are none.
    """
    tariff = tariff_at(at)
    if tariff is None:
        raise NothingCharged(gettext("Nothing is charged on this site."))
    return prices_of(tariff)
