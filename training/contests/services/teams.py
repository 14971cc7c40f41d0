"""Teams as they are: their names, their captains, and who leaves one."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, Namespace, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.models import Contest, Entrant, Member
from training.contests.permissions import require_captain
from training.contests.queries import entrant_of
from training.contests.services.registering import NotJoined, enlist, free_name
from training.contests.services.team_sharing import leave_repositories

LONGEST_NAME = 100


class TeamNameTaken(DomainError):
    code = "team_name_taken"


class TeamStays(DomainError):
    """It has handed in or is disqualified, so its people stay together."""

    code = "team_stays"


class CaptainStays(DomainError):
    code = "hand_over_first"


@transaction.atomic
def rename_team(actor: User, *, contest: Contest, name: str, at: datetime) -> Entrant:
    """Give one's team another name, on the board too.

    Args:
        actor: its captain.
        contest: in which it competes; not frozen.
        name: 1 to 100 characters on one line; nobody else's here.
        at: now.

    Raises:
        NotJoined, PermissionDenied: `actor` is no captain there.
        Malformed: it is empty or too long.
        TeamNameTaken: another team or baseline, or a person of this site, is called so.
        BoardFrozen: the board is final.
    """
    held, team = captained(actor, contest)
    name = " ".join(name.split())
    if not (1 <= len(name) <= LONGEST_NAME and name.isprintable()):
        raise Malformed(
            gettext("name: give 1 to %(longest_name)s characters on one line.")
            % {"longest_name": LONGEST_NAME}
        )
    _require_name(held, team, name)
    team.name = name
    team.save(update_fields=["name"])
    boards.keep(held, entrants=[team.pk], at=at)
    record_act(actor, "rename_team", held, at=at, name=name)
    return team


@transaction.atomic
def hand_over_team(
    actor: User, *, contest: Contest, name: str, at: datetime
) -> Entrant:
    """Make another member the captain; a team called as the old one takes the new name.

    Args:
        actor: the captain.
        contest: in which the team competes.
        name: the member's user name.
        at: now.

    Raises:
        NotJoined, PermissionDenied: `actor` is no captain there.
        Malformed: nobody of this name is in the team.
        BoardFrozen: the board is final, and prizes are the captains' of then.
    """
    held, team = captained(actor, contest)
    boards.require_unfrozen(held)  # the prize is the captain's who is captain now
    found = None
    if "\0" not in name:
        members = Member.objects.filter(entrant=team).select_related("user")
        found = members.filter(user__username__iexact=name.strip()).first()
    if found is None or found.user_id == actor.pk:
        raise Malformed(
            gettext("name: no other member of your team is called “%(name)s”.")
            % {"name": name}
        )
    team.user = found.user
    old = actor.username.lower()
    is_renamed = team.name.lower() == old or team.name.lower().startswith(f"{old} (")
    if is_renamed:
        team.name = free_name(held, found.user.username)
    team.save(update_fields=["user", "name"])
    if is_renamed:
        boards.keep(held, entrants=[team.pk], at=at)
    record_act(actor, "hand_over_team", held, at=at, name=found.user.username)
    tell(
        [found.user],
        f"You are the captain of your team in “{held.title}”",
        f"The captain of your team in “{held.title}” made you the captain.",
        contest=held,
        at=at,
    )
    return team


@transaction.atomic
def leave_team(actor: User, *, contest: Contest, at: datetime) -> Entrant:
    """Leave one's team before it has handed anything in, and compete alone.

    Returns:
        The team of one that `actor` is now.

    Raises:
        NotJoined: they are not in the contest.
        TeamStays: the team has handed in, or is disqualified, or is them alone.
        CaptainStays: they are its captain.
    """
    held = boards.hold(contest.pk)
    team = team_of(actor, held)
    member = Member.objects.get(contest=held, user=actor)
    if team.submissions.exists() or team.disqualified_at is not None:
        raise TeamStays(
            gettext(
                "The team has handed in, so its people stay together. Its captain can "
                "withdraw it from the contest."
            )
        )
    if Member.objects.filter(entrant=team).count() == 1:
        raise TeamStays(
            gettext("You compete alone; withdraw from the contest to leave it.")
        )
    if team.user_id == actor.pk:
        raise CaptainStays(gettext("Make another member the captain first."))
    leave_repositories(actor, team, at=at)
    member.delete()
    alone = enlist(actor, held, rules_sha256=member.rules_sha256, at=at)
    record_act(actor, "leave_team", held, at=at, name=team.name)
    return alone


def captained(actor: User, contest: Contest) -> tuple[Contest, Entrant]:
    """Hold a contest, and return it with the team that `actor` speaks for in it.

    Raises:
        NotJoined, PermissionDenied: they speak for none.
    """
    held = boards.hold(contest.pk)
    team = team_of(actor, held)
    require_captain(actor, team)
    return held, team


def team_of(actor: User, contest: Contest) -> Entrant:
    """Return the team with which somebody competes.

    Raises:
        NotJoined: they do not.
    """
    team = entrant_of(actor, contest)
    if team is None:
        raise NotJoined
    return team


def _require_name(contest: Contest, team: Entrant, name: str) -> None:
    others = Entrant.objects.filter(contest=contest, dissolved_at=None).exclude(
        pk=team.pk
    )
    is_theirs = Member.objects.filter(entrant=team, user__username__iexact=name)
    is_somebodys = Namespace.objects.named(name).exists() and not is_theirs.exists()
    if others.filter(name__iexact=name).exists() or is_somebodys:
        raise TeamNameTaken(
            gettext(
                "“%(name)s” is another's name, here or on this site. Choose one that "
                "is not."
            )
            % {"name": name}
        )


def tell(
    people: Iterable[User], subject: str, text: str, *, contest: Contest, at: datetime
) -> None:
    """Note a letter about teams, which leads to the page of one's team.

    It names nobody, so that what lies in the post of others goes with no erased account.
    """
    notify(
        people,
        kind=Letter.CONTEST,
        subject=subject,
        text=text,
        path=reverse("training:team", args=[contest.slug]),
        at=at,
    )
