"""A host's acts about who may enter: the rule of registration, and invitations."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.ids import digest, new_secret
from training.contests import boards
from training.contests.models import (
    MOST_IN_A_TEAM,
    Contest,
    Invitation,
    Registration,
)
from training.contests.permissions import require_host

DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
MOST_DOMAINS = 50
MOST_AT_ONCE = 100
LONGEST = timedelta(days=365)


class InvitationGone(DomainError):
    """It was used or revoked before, or has expired."""

    code = "invitation_gone"


@transaction.atomic
def set_registration(
    actor: User,
    *,
    contest: Contest,
    registration: Registration,
    email_domains: Sequence[str] = (),
    max_team_size: int,
    at: datetime,
) -> Contest:
    """Say who may enter a contest, and how many may compete together.

    Those who are in stay in, and teams stay as large as they are.

    Args:
        actor: a host.
        contest: to change.
        registration: who may enter.
        email_domains: those that let in, such as `example.org`, and all below them.
        max_team_size: 1 to 50; 1 for no teams.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: the message names the field.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    domains = checked_domains(email_domains, registration=registration)
    check_team_size(max_team_size)
    held.registration, held.email_domains = registration, domains
    held.max_team_size = max_team_size
    held.save(update_fields=["registration", "email_domains", "max_team_size"])
    record_act(
        actor,
        "set_registration",
        held,
        at=at,
        registration=str(registration),
        size=max_team_size,
    )
    return held


@transaction.atomic
def invite_people(
    actor: User,
    *,
    contest: Contest,
    names: Sequence[str],
    days: int,
    at: datetime,
) -> list[Invitation]:
    """Invite people by name; each gets a letter, and sees the contest from now on.

    Whoever has an open invitation already keeps that one.

    Args:
        actor: a host.
        contest: which they may enter.
        names: their user names, 1 to 100.
        days: until it expires.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: there is nobody of a name, or the days are too few or many.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    expires_at = at + _lasting(days)
    people = _people(names)
    open_ones = Invitation.objects.filter(
        contest=held, used_at=None, revoked_at=None, expires_at__gt=at
    )
    waiting = set(open_ones.filter(person__in=people).values_list("person", flat=True))
    new = [person for person in people if person.pk not in waiting]
    made = Invitation.objects.bulk_create(
        Invitation(
            contest=held,
            person=person,
            invited_by=actor,
            invited_at=at,
            expires_at=expires_at,
        )
        for person in new
    )
    record_act(actor, "invite_people", held, at=at, count=len(made))
    notify(
        new,
        kind=Letter.CONTEST,
        subject=f"You are invited into “{held.title}”",
        text=f"The hosts of “{held.title}” invite you to enter it, until "
        f"{expires_at:%Y-%m-%d %H:%M} UTC.",
        path=reverse("training:contest-detail", args=[held.slug]),
        at=at,
    )
    return made


@transaction.atomic
def make_link(
    actor: User, *, contest: Contest, days: int, note: str = "", at: datetime
) -> tuple[Invitation, str]:
    """Make a link that lets one person in, whoever uses it first.

    Returns:
        The invitation, and the secret, which is not kept.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: the days are too few or many.
    """
    require_host(actor, contest)
    secret = new_secret("stoa_invite")
    made = Invitation.objects.create(
        contest=contest,
        digest=digest(secret),
        note=note,
        invited_by=actor,
        invited_at=at,
        expires_at=at + _lasting(days),
    )
    record_act(actor, "make_invitation_link", contest, at=at, days=days)
    return made, secret


@transaction.atomic
def revoke_invitation(
    actor: User, *, invitation: Invitation, at: datetime
) -> Invitation:
    """Take an invitation back before it is used.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        InvitationGone: it was used or revoked.
    """
    require_host(actor, invitation.contest)
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
    if not unused.update(revoked_at=at):
        raise InvitationGone(gettext("This invitation was used or revoked before."))
    invitation.revoked_at = at
    record_act(actor, "revoke_invitation", invitation.contest, at=at)
    return invitation


def checked_domains(given: Sequence[str], *, registration: Registration) -> list[str]:
    """Return domains in lower case, each once.

    Raises:
        Malformed: one is no domain, there are too many, or none and they decide.
    """
    domains = list(
        dict.fromkeys(each.strip().lower().removeprefix("@") for each in given if each)
    )
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise Malformed(
                gettext("email_domains: “%(domain)s” is no domain.")
                % {"domain": domain}
            )
    if len(domains) > MOST_DOMAINS:
        raise Malformed(
            gettext("email_domains: at most %(most_domains)s.")
            % {"most_domains": MOST_DOMAINS}
        )
    if registration == Registration.DOMAIN and not domains:
        raise Malformed(gettext("email_domains: give at least one, since they decide."))
    return domains


def check_team_size(size: int) -> None:
    """Return if teams may be so large.

    Raises:
        Malformed: they may not.
    """
    if not 1 <= size <= MOST_IN_A_TEAM:
        raise Malformed(
            gettext("max_team_size: give a number from 1 to %(most_in_a_team)s.")
            % {"most_in_a_team": MOST_IN_A_TEAM}
        )


def _people(names: Sequence[str]) -> list[User]:
    wanted = {name.strip().lower(): name.strip() for name in names if name.strip()}
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Malformed(
            gettext("names: give 1 to %(most_at_once)s user names.")
            % {"most_at_once": MOST_AT_ONCE}
        )
    found = {}
    if not any("\0" in name for name in wanted):
        upper = [name.upper() for name in wanted]
        people = User.objects.filter(is_active=True).annotate(upper=Upper("username"))
        found = {each.username.lower(): each for each in people.filter(upper__in=upper)}
    for lower, name in wanted.items():
        if lower not in found:
            raise Malformed(
                gettext("names: nobody is called “%(name)s”.") % {"name": name}
            )
    return [found[lower] for lower in wanted]


def _lasting(days: int) -> timedelta:
    if not 1 <= days <= LONGEST.days:
        raise Malformed(
            gettext("days: give a number from 1 to %(days)s.") % {"days": LONGEST.days}
        )
    return timedelta(days=days)
