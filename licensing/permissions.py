"""Who may speak for a party, and who may know of a work.

Three strengths: using (every member of an organisation), writing (its writers), and
acting (its owners, who alone may agree to shares and offers).
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from licensing.models import (
    Entitlement,
    Offer,
    OfferState,
    Order,
    Party,
    ShareSet,
    Work,
)
from marketplace.accounts.models import Role, User

AnyUser = User | AnonymousUser

ACTING = (Role.OWNER,)
WRITING = (Role.OWNER, Role.WRITER)


def parties_of(
    user: AnyUser, *, roles: tuple[Role, ...] | None = None
) -> QuerySet[Party]:
    """Return the parties `user` is, or belongs to in one of `roles` (None: in any)."""
    if not user.is_authenticated:
        return Party.objects.none()
    member = Q(organisation__memberships__user=user)
    if roles is not None:
        member &= Q(organisation__memberships__role__in=roles)
    return Party.objects.filter(Q(user=user) | member)


def may_act_for(user: AnyUser, party: Party) -> bool:
    """Say whether `user` may agree to shares, offers and orders for `party`."""
    return parties_of(user, roles=ACTING).filter(pk=party.pk).exists()


def require_acts_for(user: AnyUser, party: Party) -> None:
    """Return if `user` may act for `party`.

    Raises:
        PermissionDenied: they may not.
    """
    if not may_act_for(user, party):
        raise PermissionDenied(f"Only an owner of {party} may do this.")


def require_writes_for(user: AnyUser, party: Party) -> None:
    """Return if `user` may register and describe works of `party`.

    Raises:
        PermissionDenied: they may not.
    """
    if not parties_of(user, roles=WRITING).filter(pk=party.pk).exists():
        raise PermissionDenied(f"Only a writer of {party} may do this.")


def held_by(user: AnyUser) -> Q:
    """Match works that `user` has a stake in, or is asked to take one in."""
    mine = parties_of(user).values("pk")
    in_force = ShareSet.objects.filter(
        work=OuterRef("pk"), closed_at__isnull=True, shares__party__in=mine
    )
    return Q(owner__in=mine) | Q(Exists(in_force))


def visible_works(user: AnyUser) -> QuerySet[Work]:
    """Return the works `user` may know of: listed, held, bought or shown to them.

    Staff know all.
    """
    if not user.is_authenticated:
        return Work.objects.filter(is_listed=True)
    if user.is_staff:
        return Work.objects.all()
    bought = Entitlement.objects.filter(
        offer__work=OuterRef("pk"), holder__in=parties_of(user).values("pk")
    )
    shown = Work.readers.through.objects.filter(work=OuterRef("pk"), user=user)
    return Work.objects.filter(
        Q(is_listed=True) | held_by(user) | Q(Exists(bought)) | Q(Exists(shown))
    )


def visible_share_sets(user: AnyUser, work: Work) -> QuerySet[ShareSet]:
    """Return the divisions of a work's income that `user` may read: those once in force.

    What is only proposed is for those with a stake in the work, and for staff.
    """
    share_sets = ShareSet.objects.filter(work=work)
    if user.is_authenticated and user.is_staff:
        return share_sets
    staked = Work.objects.filter(held_by(user)).values("pk")
    return share_sets.filter(Q(active_from__isnull=False) | Q(work__in=staked))


def visible_offers(user: AnyUser) -> QuerySet[Offer]:
    """Return the offers `user` may read: live ones of works they may know of.

    Those with a stake in a work read its drafts and withdrawn offers too, and who holds
    an offer reads it for good.
    """
    offers = Offer.objects.filter(work__in=visible_works(user).values("pk"))
    if user.is_authenticated and user.is_staff:
        return offers
    is_live = Q(state=OfferState.LIVE)
    if not user.is_authenticated:
        return offers.filter(is_live)
    staked = Work.objects.filter(held_by(user)).values("pk")
    held = Entitlement.objects.filter(
        offer=OuterRef("pk"), holder__in=parties_of(user).values("pk")
    )
    return offers.filter(is_live | Q(work__in=staked) | Q(Exists(held)))


def visible_orders(user: AnyUser) -> QuerySet[Order]:
    """Return the orders `user` may read: theirs, their parties', all of them to staff."""
    if not user.is_authenticated:
        return Order.objects.none()
    if user.is_staff:
        return Order.objects.all()
    acts_for = parties_of(user, roles=ACTING).values("pk")
    return Order.objects.filter(Q(buyer=user) | Q(holder__in=acts_for))
