"""Who may see a contest, host it, and see what is handed in."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from marketplace.accounts.models import Role, User
from marketplace.accounts.permissions import may_write_in
from training.contests.models import (
    Contest,
    ContestQuerySet,
    Entrant,
    Invitation,
    Member,
    Submission,
    Visibility,
)


def visible_to(user: User | AnonymousUser) -> ContestQuerySet:
    """Return the contests the user may see; the rest do not exist (404).

    A private one is for its host, for members of its namespace, for who has joined and
    for whom its hosts have invited by name.
    """
    public = Q(visibility=Visibility.PUBLIC)
    if not user.is_authenticated:
        return Contest.objects.filter(public)
    if user.is_staff:
        return Contest.objects.all()
    theirs = Contest.objects.filter(
        Q(host=user)
        | Q(namespace__user=user)
        | Q(namespace__organisation__memberships__user=user)
        | Q(pk__in=Member.objects.filter(user=user).values("contest"))
        | Q(pk__in=_inviting(user).values("contest"))
    )
    return Contest.objects.filter(public | Q(pk__in=theirs.values("pk")))


def _inviting(user: User) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        person=user, used_at=None, revoked_at=None, expires_at__gt=Now()
    )


def may_host(user: User | AnonymousUser, contest: Contest) -> bool:
    """Whether the user runs the contest: whoever writes in its namespace, and staff."""
    if not user.is_authenticated:
        return False
    return user.is_staff or may_write_in(user, contest.namespace)


def require_host(user: User | AnonymousUser, contest: Contest) -> None:
    """Return if the user runs the contest.

    Raises:
        PermissionDenied: they do not.
    """
    if not may_host(user, contest):
        raise PermissionDenied("Only its hosts may do this to a contest.")


def may_give_purse(user: User | AnonymousUser, contest: Contest) -> bool:
    """Whether the user may promise and give out prize money: an owner of its namespace."""
    return contest.namespace.role_of(user) is Role.OWNER


def require_gives_purse(user: User | AnonymousUser, contest: Contest) -> None:
    """Return if the user may promise and give out the contest's prize money.

    Raises:
        PermissionDenied: they may not. Operators have pages of their own for it.
    """
    if not may_give_purse(user, contest):
        raise PermissionDenied(
            f"Only an owner of “{contest.namespace.name}” may give the contest's purse."
        )


def may_see_submission(user: User | AnonymousUser, submission: Submission) -> bool:
    """Whether the user is of the team that handed it in, or runs its contest."""
    return is_of(user, submission.entrant) or may_host(user, submission.contest)


def is_of(user: User | AnonymousUser, entrant: Entrant) -> bool:
    """Whether the user competes in this team; nobody does in a baseline."""
    if not user.is_authenticated:
        return False
    return Member.objects.filter(entrant=entrant, user=user).exists()


def require_captain(user: User | AnonymousUser, team: Entrant) -> None:
    """Return if the user speaks for the team.

    Raises:
        PermissionDenied: they do not.
    """
    if team.is_baseline or team.user_id != user.pk:
        raise PermissionDenied("Only the captain of a team may do this.")
