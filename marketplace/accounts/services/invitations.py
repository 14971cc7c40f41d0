"""Asking people into organisations by e-mail: sent, taken back, answered."""

from datetime import datetime, timedelta

from django.core.signing import Signer
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import (
    Letter,
    Membership,
    MembershipInvitation,
    Organisation,
    Role,
    User,
)
from marketplace.accounts.permissions import may_manage, require_manager
from marketplace.accounts.queries import INVITATION_SALT
from marketplace.accounts.services.notices import notify
from marketplace.accounts.services.organisations import take_turn
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError

LIVES = timedelta(days=14)
MOST = 50  # of one organisation, so that nobody writes letters to the world by it
WITHIN = timedelta(days=1)


class TooManyInvitations(DomainError):
    code = "too_many_invitations"


class InvitationClosed(DomainError):
    code = "invitation_closed"


class MemberAlready(DomainError):
    code = "member_already"


@transaction.atomic
def invite_member(
    actor: User, *, organisation: Organisation, address: str, role: Role, at: datetime
) -> MembershipInvitation:
    """Write to an address that its owner may join; a former invitation to it is void.

    Args:
        actor: an owner.
        organisation: into which.
        address: an e-mail address; whether it has an account is not told.
        role: what they are to be.
        at: now.

    Raises:
        PermissionDenied: `actor` is not an owner.
        TooManyInvitations: 50 wait for an answer or were sent within a day.
    """
    take_turn(organisation)
    require_manager(actor, organisation)
    address = address.strip().lower()
    former = MembershipInvitation.objects.filter(organisation=organisation)
    former.filter(address=address, closed_at=None).update(closed_at=at)
    is_waiting = Q(closed_at=None, expires_at__gt=at)
    if former.filter(is_waiting | Q(invited_at__gt=at - WITHIN)).count() >= MOST:
        raise TooManyInvitations(
            gettext(
                "%(most)s invitations wait for an answer, or were sent since "
                "yesterday. Take old ones back, or go on tomorrow."
            )
            % {"most": MOST}
        )
    invitation = MembershipInvitation.objects.create(
        organisation=organisation,
        address=address,
        role=role,
        invited_by=actor,
        invited_at=at,
        expires_at=at + LIVES,
    )
    record_act(actor, "invite_member", organisation, at=at, role=str(role))
    token = Signer(salt=INVITATION_SALT).sign(str(invitation.pk))
    name = organisation.namespace.name
    notify(
        [],
        kind=Letter.MEMBERS,
        subject=f"{actor.get_full_name()} invites you to “{organisation.title}”.",
        text=f"{actor.get_full_name()} ({actor.username}) asks you to join "
        f"“{organisation.title}”. With an account here, or once you have made one, you "
        f"may answer within {LIVES.days} days:",
        path=reverse("accounts:organisation-invited", args=[name, token]),
        address=address,
        at=at,
    )
    return invitation


@transaction.atomic
def revoke_invitation(
    actor: User, *, invitation: MembershipInvitation, at: datetime
) -> None:
    """Take an invitation back; the link of the letter is good no more.

    Raises:
        PermissionDenied: `actor` is not an owner.
        InvitationClosed: it was answered, taken back or is over.
    """
    require_manager(actor, invitation.organisation)
    _close(invitation, at=at)
    record_act(actor, "revoke_invitation", invitation.organisation, at=at)


@transaction.atomic
def answer_invitation(
    actor: User, *, invitation: MembershipInvitation, accepts: bool, at: datetime
) -> None:
    """Join an organisation, or say no. Whoever has the link may answer, once.

    An invitation is worth what its sender may do: whoever is no owner any more lets
    nobody in, and not themselves again.

    Raises:
        InvitationClosed: it was answered, taken back or is over, or its sender may not
            invite any more.
        MemberAlready: `actor` belongs to it.
    """
    organisation = invitation.organisation
    take_turn(organisation)
    if Membership.objects.filter(organisation=organisation, user=actor).exists():
        raise MemberAlready(
            gettext("You are a member of “%(organisation_title)s” already.")
            % {"organisation_title": organisation.title}
        )
    if accepts and not may_manage(invitation.invited_by, organisation):
        raise InvitationClosed(
            gettext(
                "Who sent this invitation owns the organisation no more. Ask another owner."
            )
        )
    _close(invitation, at=at, answered_by=actor, is_accepted=accepts)
    if accepts:
        Membership.objects.create(
            organisation=organisation, user=actor, role=invitation.role, since=at
        )
    act = "accept_invitation" if accepts else "decline_invitation"
    record_act(actor, act, organisation, at=at, role=invitation.role)
    done = "joined" if accepts else "does not join"
    notify(
        [invitation.invited_by],
        kind=Letter.MEMBERS,
        subject=f"{actor.username} {done} “{organisation.title}”.",
        text=f"{actor.get_full_name()} ({actor.username}) {done} “{organisation.title}”, "
        "as an answer to your invitation.",
        path=reverse("accounts:organisation", args=[organisation.namespace.name]),
        at=at,
    )


def _close(
    invitation: MembershipInvitation,
    *,
    at: datetime,
    answered_by: User | None = None,
    is_accepted: bool = False,
) -> None:
    live = MembershipInvitation.objects.filter(
        pk=invitation.pk, closed_at=None, expires_at__gt=at
    )
    if not live.update(closed_at=at, answered_by=answered_by, is_accepted=is_accepted):
        raise InvitationClosed(
            gettext(
                "This invitation is good no more: it was answered, taken back, or is "
                "too old. "
                "Ask for another."
            )
        )
