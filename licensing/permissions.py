"""Who may speak for a party, and who may know of a work.

Three strengths: using (every member of an organisation), writing (its writers), and
acting (its owners, who alone may agree to shares and offers).
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from licensing.models import (
    Contribution,
    CreditNote,
    Disclosed,
    DisclosedTo,
    Discount,
    Entitlement,
    Handover,
    Invoice,
    Offer,
    OfferState,
    Order,
    Party,
    RightsHolding,
    ShareSet,
    Subscription,
    TermsVersion,
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
    holdings = RightsHolding.objects.standing().filter(
        work=OuterRef("pk"), party__in=mine
    )
    return Q(owner__in=mine) | Q(Exists(in_force)) | Q(Exists(holdings))


def has_stake(user: AnyUser, work: Work) -> bool:
    """Say whether `user` may read what those with a stake in a work read; staff may."""
    if not user.is_authenticated:
        return False
    return user.is_staff or Work.objects.filter(held_by(user), pk=work.pk).exists()


def visible_works(user: AnyUser) -> QuerySet[Work]:
    """Return the works `user` may know of: listed, held, bought, shown or offered to them.

    Who is named as a contributor knows of it too, to confirm or deny it. Staff know all.
    """
    if not user.is_authenticated:
        return Work.objects.filter(is_listed=True)
    if user.is_staff:
        return Work.objects.all()
    mine = parties_of(user).values("pk")
    bought = Entitlement.objects.filter(offer__work=OuterRef("pk"), holder__in=mine)
    made_to = Offer.objects.filter(
        work=OuterRef("pk"), state=OfferState.LIVE, terms__for_party__in=mine
    )
    named = Contribution.objects.standing().filter(work=OuterRef("pk"), party__in=mine)
    shown = Work.readers.through.objects.filter(work=OuterRef("pk"), user=user)
    return Work.objects.filter(
        Q(is_listed=True)
        | held_by(user)
        | Q(Exists(bought))
        | Q(Exists(made_to))
        | Q(Exists(named))
        | Q(Exists(shown))
    )


def disclosed_to(user: AnyUser, work: Work) -> frozenset[Disclosed]:
    """Return which facts about a work `user` may read, as far as they know of it.

    Cost: one query; at most two more where the owners keep something back.
    """
    kept = dict(work.disclosures.values_list("kind", "audience"))
    everything = frozenset(Disclosed)
    if not kept or (user.is_authenticated and user.is_staff):
        return everything
    if Work.objects.filter(held_by(user), pk=work.pk).exists():
        return everything
    mine = parties_of(user).values("pk")
    is_buyer = Entitlement.objects.filter(
        offer__work=work, holder__in=mine, revoked_at__isnull=True
    ).exists()
    shown = {DisclosedTo.EVERYONE, *({DisclosedTo.BUYERS} if is_buyer else ())}
    return frozenset(
        kind for kind in Disclosed if kept.get(kind, DisclosedTo.EVERYONE) in shown
    )


def visible_handovers(user: AnyUser) -> QuerySet[Handover]:
    """Return the handovers `user` may read: of either side they act for; staff, all."""
    if not user.is_authenticated:
        return Handover.objects.none()
    if user.is_staff:
        return Handover.objects.all()
    mine = parties_of(user, roles=ACTING).values("pk")
    return Handover.objects.filter(Q(giver__in=mine) | Q(taker__in=mine))


def visible_share_sets(user: AnyUser, work: Work) -> QuerySet[ShareSet]:
    """Return the divisions of a work's income that `user` may read: those once in force.

    What is only proposed is for those with a stake in the work, and for staff; nothing,
    for those from whom the owners keep it back.
    """
    share_sets = ShareSet.objects.filter(work=work)
    if user.is_authenticated and user.is_staff:
        return share_sets
    if Disclosed.SHARES not in disclosed_to(user, work):
        return share_sets.none()
    staked = Work.objects.filter(held_by(user)).values("pk")
    return share_sets.filter(Q(active_from__isnull=False) | Q(work__in=staked))


def visible_offers(user: AnyUser) -> QuerySet[Offer]:
    """Return the offers `user` may read: live ones of works they may know of.

    One made to a single party is for that party alone. Those with a stake in a work read
    its drafts and withdrawn offers too, and who holds an offer reads it for good.
    """
    offers = Offer.objects.filter(work__in=visible_works(user).values("pk"))
    if user.is_authenticated and user.is_staff:
        return offers
    is_live = Q(state=OfferState.LIVE)
    is_public = Q(terms__for_party__isnull=True)
    if not user.is_authenticated:
        return offers.filter(is_live, is_public)
    mine = parties_of(user).values("pk")
    staked = Work.objects.filter(held_by(user)).values("pk")
    held = Entitlement.objects.filter(offer=OuterRef("pk"), holder__in=mine)
    is_theirs = is_public | Q(terms__for_party__in=mine)
    return offers.filter((is_live & is_theirs) | Q(work__in=staked) | Q(Exists(held)))


def visible_terms(user: AnyUser) -> QuerySet[TermsVersion]:
    """Return the terms declared here that `user` may read: theirs, and those in use.

    In use are those of works and offers they may know of. Staff know all.
    """
    versions = TermsVersion.objects.select_related("terms__owner", "licence__text")
    if user.is_authenticated and user.is_staff:
        return versions
    offered = visible_offers(user).filter(terms__licence=OuterRef("licence"))
    put_on = visible_works(user).filter(licence=OuterRef("licence"))
    return versions.filter(
        Q(terms__owner__in=parties_of(user).values("pk"))
        | Q(Exists(offered))
        | Q(Exists(put_on))
    )


def visible_discounts(user: AnyUser) -> QuerySet[Discount]:
    """Return the codes `user` may read: of those they act for; staff, all."""
    codes = Discount.objects.select_related("issuer").prefetch_related("offers")
    if not user.is_authenticated:
        return codes.none()
    if user.is_staff:
        return codes
    return codes.filter(issuer__in=parties_of(user, roles=ACTING).values("pk"))


def visible_subscriptions(user: AnyUser) -> QuerySet[Subscription]:
    """Return the subscriptions that `user` ordered, or has with those they act for."""
    rows = Subscription.objects.select_related(
        "holder", "offer__work", "first_line__price_version", "first_line__order"
    )
    if not user.is_authenticated:
        return rows.none()
    acts_for = parties_of(user, roles=ACTING).values("pk")
    return rows.filter(Q(buyer=user) | Q(holder__in=acts_for))


def visible_orders(user: AnyUser) -> QuerySet[Order]:
    """Return the orders `user` may read: theirs, their parties', all of them to staff."""
    if not user.is_authenticated:
        return Order.objects.none()
    if user.is_staff:
        return Order.objects.all()
    acts_for = parties_of(user, roles=ACTING).values("pk")
    return Order.objects.filter(Q(buyer=user) | Q(holder__in=acts_for))


def visible_paper(user: AnyUser, *, number: str) -> Invoice | CreditNote | None:
    """Return the invoice or credit note of a number, if `user` may read its order."""
    orders = visible_orders(user).values("pk")
    for papers in (Invoice.objects, CreditNote.objects):
        paper = papers.filter(number=number, order__in=orders).first()
        if paper is not None:
            return paper
    return None
