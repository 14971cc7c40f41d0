"""What can be asked of teams, of who may enter, and of what hosts tell and give them."""

from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Prefetch, Q, QuerySet

from marketplace.accounts.models import User
from marketplace.accounts.queries import confirmed_domains
from marketplace.kit.ids import digest
from training.contests.models import (
    Announcement,
    Contest,
    ContestPage,
    Entrant,
    EntryRequest,
    Invitation,
    Member,
    ProposalState,
    Registration,
    RequestState,
    StartingKit,
    TeamProposal,
)


class WayIn(StrEnum):
    """What somebody has to do to enter a contest."""

    JOIN = "JOIN"
    ASK = "ASK"
    WAIT = "WAIT"
    CONFIRM = "CONFIRM"
    BE_INVITED = "BE_INVITED"


def members_of(team: Entrant) -> QuerySet[Member]:
    """Return the people of a team, in the order they came; a handful."""
    return (
        Member.objects.filter(entrant=team)
        .select_related("user", "entrant")
        .order_by("joined_at", "pk")
    )


def proposals_about(user: User, contest: Contest) -> QuerySet[TeamProposal]:
    """Return what waits for an answer in a contest and concerns the user.

    That is what their team has proposed, what another proposed to it, and what a team
    proposed to them.
    """
    teams = Member.objects.filter(user=user, contest=contest).values("entrant")
    return (
        TeamProposal.objects.filter(
            Q(person=user) | Q(team__in=teams) | Q(other__in=teams),
            team__contest=contest,
            state=ProposalState.WAITING,
        )
        .select_related("team__user", "other__user", "person", "made_by")
        .order_by("made_at", "pk")
    )


def teams_of(contest: Contest) -> QuerySet[Entrant]:
    """Return the teams that compete or did, each with its people, for the hosts."""
    members = Member.objects.select_related("user").order_by("joined_at", "pk")
    return (
        Entrant.objects.filter(contest=contest, is_baseline=False, dissolved_at=None)
        .select_related("user")
        .prefetch_related(Prefetch("members", members))
        .annotate(submission_count=Count("submissions", distinct=True))
    )


def announcements_of(contest: Contest) -> QuerySet[Announcement]:
    """Return what the hosts of a contest announced."""
    return Announcement.objects.filter(contest=contest).select_related("author")


def pages_of(contest: Contest) -> QuerySet[ContestPage]:
    """Return the pages of a contest in their order, 30 at most."""
    return ContestPage.objects.filter(contest=contest).order_by("number")


def kits_of(contest: Contest) -> QuerySet[StartingKit]:
    """Return what entrants begin from, 20 at most, with sizes and repositories."""
    return (
        StartingKit.objects.filter(contest=contest)
        .select_related("blob", "commit__repository__namespace")
        .order_by("added_at", "name")
    )


def requests_of(contest: Contest) -> QuerySet[EntryRequest]:
    """Return who asked to be let in, with what was decided."""
    return EntryRequest.objects.filter(contest=contest).select_related(
        "user", "decided_by"
    )


def invitations_of(contest: Contest) -> QuerySet[Invitation]:
    """Return whom the hosts have invited, and the links they made."""
    return Invitation.objects.filter(contest=contest).select_related(
        "person", "invited_by", "used_by"
    )


def way_in(user: User | AnonymousUser, contest: Contest, *, at: datetime) -> WayIn:
    """Return what somebody who is not in a contest has to do to enter it."""
    if not user.is_authenticated or contest.registration == Registration.OPEN:
        return WayIn.JOIN
    is_member = Member.objects.filter(contest=contest, user=user).exists()
    if is_member or _open_invitations(contest, at=at).filter(person=user).exists():
        return WayIn.JOIN
    if contest.registration == Registration.DOMAIN:
        return WayIn.JOIN if is_of_domain(user, contest) else WayIn.CONFIRM
    if contest.registration == Registration.INVITED:
        return WayIn.BE_INVITED
    asked = EntryRequest.objects.filter(
        contest=contest, user=user, state=RequestState.WAITING
    )
    return WayIn.WAIT if asked.exists() else WayIn.ASK


def is_of_domain(user: User, contest: Contest) -> bool:
    """Whether a confirmed address is at one of the contest's domains, or below one."""
    return any(
        own == domain or own.endswith(f".{domain}")
        for own in confirmed_domains(user)
        for domain in contest.email_domains
    )


def invitation_for(
    user: User, contest: Contest, *, secret: str, at: datetime
) -> Invitation | None:
    """Return the open invitation of somebody: that of a link first, else by name."""
    by_link = invitation_by(secret, contest=contest, at=at) if secret else None
    return by_link or _open_invitations(contest, at=at).filter(person=user).first()


def invitation_by(secret: str, *, contest: Contest, at: datetime) -> Invitation | None:
    """Return the invitation that a link's secret opens, if it still does."""
    return _open_invitations(contest, at=at).filter(digest=digest(secret)).first()


def _open_invitations(contest: Contest, *, at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        contest=contest, used_at=None, revoked_at=None, expires_at__gt=at
    )
