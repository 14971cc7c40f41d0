"""What captains propose: a person joins a team, or two teams become one.

Every act holds the contest and then the teams it changes, in the order of their keys, so
that nobody is in two teams and no quota is used twice.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.charges import charged_to
from training.contests.models import (
    Contest,
    ContestPhase,
    Entrant,
    Member,
    Phase,
    ProposalState,
    Submission,
    SubmissionRepository,
    TeamProposal,
)
from training.contests.permissions import require_captain, visible_to
from training.contests.phase_boards import keep_boards
from training.contests.queries import entrant_of, phases_of, quota_of
from training.contests.services.registering import ContestClosed, join_contest
from training.contests.services.team_sharing import share_with_team
from training.contests.services.teams import TeamStays, captained, tell

MOST_WAITING = 20


class TeamFull(DomainError):
    """Together they would be more than the contest allows."""

    code = "team_full"


class TeamQuota(DomainError):
    """Together they have handed in more than one team might have."""

    code = "team_quota"


class ProposalClosed(DomainError):
    code = "proposal_closed"


class AlreadyProposed(DomainError):
    code = "already_proposed"


@transaction.atomic
def propose_to_person(
    actor: User, *, contest: Contest, name: str, at: datetime
) -> TeamProposal:
    """Invite somebody into one's team; they get a letter, and accept or decline.

    Args:
        actor: the team's captain.
        contest: which goes on.
        name: a user name.
        at: now.

    Raises:
        NotJoined, PermissionDenied: `actor` is no captain there.
        ContestClosed: it has ended.
        Malformed: nobody is called so, or they may not see the contest.
        TeamFull: the team is as large as it may be.
        AlreadyProposed: they are asked already, or in the team.
    """
    held, team = _proposing(actor, contest, at=at)
    person = None if "\0" in name else _person(name.strip())
    if person is None or not visible_to(person).filter(pk=held.pk).exists():
        raise Malformed(
            gettext("person: nobody called “%(name)s” may enter this contest.")
            % {"name": name}
        )
    if Member.objects.filter(entrant=team, user=person).exists():
        raise AlreadyProposed(
            gettext("%(username)s is in your team.") % {"username": person.username}
        )
    _require_room(held, [team], more=1)
    made = _propose(actor, team, person=person, at=at)
    tell(
        [person],
        f"You are invited into a team in “{held.title}”",
        f"A captain invites you into a team in “{held.title}”. See who it is, and "
        "accept or decline.",
        contest=held,
        at=at,
    )
    return made


@transaction.atomic
def propose_merger(
    actor: User, *, contest: Contest, name: str, at: datetime
) -> TeamProposal:
    """Propose to another team to become one; its captain accepts or declines.

    Args:
        actor: a team's captain.
        contest: which goes on.
        name: the other team's, as the board says it.
        at: now.

    Raises:
        NotJoined, PermissionDenied: `actor` is no captain there.
        ContestClosed: it has ended.
        Malformed: no other team is called so.
        TeamFull, TeamQuota: they may not be one.
        AlreadyProposed: it is asked already.
    """
    held, team = _proposing(actor, contest, at=at)
    teams = Entrant.objects.filter(
        contest=held, is_baseline=False, dissolved_at=None, withdrawn_at=None
    ).exclude(pk=team.pk)
    other = None if "\0" in name else teams.filter(name__iexact=name.strip()).first()
    if other is None or other.disqualified_at is not None:
        raise Malformed(
            gettext("team: no other team called “%(name)s” competes.") % {"name": name}
        )
    _require_room(held, [team, other])
    _require_quota(held, [team, other], at=at)
    made = _propose(actor, team, other=other, at=at)
    tell(
        [other.user],
        f"Another team proposes a merger in “{held.title}”",
        f"Another captain proposes that your team and theirs become one in "
        f"“{held.title}”. See who it is, and accept or decline.",
        contest=held,
        at=at,
    )
    return made


@transaction.atomic
def accept_proposal(
    actor: User, *, proposal: TeamProposal, rules_sha256: str = "", at: datetime
) -> Entrant:
    """Join the team that invites, or let one's team become one with another.

    Whoever is not in the contest enters it by this, and so accepts its rules. Somebody
    who competes alone brings along what they have handed in.

    Args:
        actor: who is invited, or the other team's captain.
        proposal: that waits.
        rules_sha256: of the rules that were read, for who is not in the contest.
        at: now.

    Returns:
        The team.

    Raises:
        PermissionDenied: it is not `actor`'s to answer.
        ProposalClosed: it waits no more.
        ContestClosed, RulesNotAccepted, RegistrationRefused, HostMayNotCompete: they may
            not enter.
        TeamStays: they are in a team with others; its captain can propose a merger.
        TeamFull, TeamQuota: it may not be one team.
    """
    _require_answers(actor, proposal)
    held = boards.hold(proposal.team.contest_id)
    boards.require_unfrozen(held)
    _require_goes_on(held, at=at)
    _close(proposal, ProposalState.ACCEPTED, at=at)
    team, coming = proposal.team, proposal.other
    if coming is None:
        coming = entrant_of(actor, held) or join_contest(
            actor, contest=held, rules_sha256=rules_sha256, joined_at=at
        )
        if Member.objects.filter(entrant=coming).count() > 1:
            raise TeamStays(
                gettext(
                    "You are in a team with others. Leave it first, or have its captain "
                    "propose that the two teams become one."
                )
            )
    _unite(actor, held, team, coming, at=at)
    return team


@transaction.atomic
def decline_proposal(
    actor: User, *, proposal: TeamProposal, at: datetime
) -> TeamProposal:
    """Say no to what a captain proposes; they get a letter.

    Raises:
        PermissionDenied: it is not `actor`'s to answer.
        ProposalClosed: it waits no more.
    """
    _require_answers(actor, proposal)
    _close(proposal, ProposalState.DECLINED, at=at)
    contest = proposal.team.contest
    record_act(actor, "decline_proposal", contest, at=at, name=proposal.team.name)
    tell(
        [proposal.made_by],
        "What you proposed is declined",
        f"What you proposed for your team in “{contest.title}” is declined.",
        contest=contest,
        at=at,
    )
    return proposal


@transaction.atomic
def withdraw_proposal(
    actor: User, *, proposal: TeamProposal, at: datetime
) -> TeamProposal:
    """Take back what one's team proposed.

    Raises:
        PermissionDenied: `actor` is not its captain.
        ProposalClosed: it waits no more.
    """
    require_captain(actor, proposal.team)
    _close(proposal, ProposalState.WITHDRAWN, at=at)
    record_act(actor, "withdraw_proposal", proposal.team.contest, at=at)
    return proposal


def _unite(
    actor: User, contest: Contest, team: Entrant, coming: Entrant, *, at: datetime
) -> None:
    """Have a team take in another: its people, its submissions, what it has used."""
    keys = [team.pk, coming.pk]
    locked = {
        each.pk: each
        for each in Entrant.objects.select_for_update()
        .filter(pk__in=keys)
        .order_by("pk")
    }
    both = [locked[key] for key in keys]
    if any(
        each.dissolved_at or each.withdrawn_at or each.disqualified_at for each in both
    ):
        raise ProposalClosed(gettext("One of the two teams does not compete any more."))
    _require_room(contest, both)
    _require_quota(contest, both, at=at)
    Member.objects.filter(entrant=coming).update(entrant=team)
    Submission.objects.filter(entrant=coming).update(entrant=team)
    SubmissionRepository.objects.filter(entrant=coming).update(entrant=team)
    share_with_team(team, at=at)
    Entrant.objects.filter(pk=coming.pk).update(dissolved_at=at)
    TeamProposal.objects.filter(team=coming, state=ProposalState.WAITING).update(
        state=ProposalState.WITHDRAWN, answered_at=at
    )
    TeamProposal.objects.filter(other=coming, state=ProposalState.WAITING).update(
        state=ProposalState.DECLINED, answered_at=at
    )
    boards.keep(contest, entrants=keys, at=at)
    keep_boards(contest, entrants=keys)
    record_act(
        actor,
        "unite_teams",
        contest,
        at=at,
        name=team.name,
        left=locked[coming.pk].name,
    )
    told = User.objects.filter(contest_places__entrant=team).exclude(pk=actor.pk)
    tell(
        told,
        f"Your team in “{contest.title}” has grown",
        f"Somebody joined your team in “{contest.title}”. See who is in it now.",
        contest=contest,
        at=at,
    )


def _propose(
    actor: User,
    team: Entrant,
    *,
    person: User | None = None,
    other: Entrant | None = None,
    at: datetime,
) -> TeamProposal:
    waiting = TeamProposal.objects.filter(team=team, state=ProposalState.WAITING)
    if waiting.filter(person=person, other=other).exists():
        raise AlreadyProposed(
            gettext("You have proposed this already; wait for the answer.")
        )
    if waiting.count() >= MOST_WAITING:
        raise AlreadyProposed(
            gettext(
                "%(most_waiting)s proposals wait for an answer; withdraw some first."
            )
            % {"most_waiting": MOST_WAITING}
        )
    made = TeamProposal.objects.create(
        team=team, person=person, other=other, made_by=actor, made_at=at
    )
    to = person.username if person else (other.name if other else "")
    record_act(actor, "propose_team", team.contest, at=at, name=to)
    return made


def _close(proposal: TeamProposal, state: ProposalState, *, at: datetime) -> None:
    waiting = TeamProposal.objects.filter(pk=proposal.pk, state=ProposalState.WAITING)
    if not waiting.update(state=state, answered_at=at):
        raise ProposalClosed(gettext("This was answered or withdrawn before."))
    proposal.state, proposal.answered_at = state, at


def _require_answers(actor: User, proposal: TeamProposal) -> None:
    if proposal.other is not None:
        require_captain(actor, proposal.other)
    elif proposal.person_id != actor.pk:
        raise PermissionDenied("This is for another person to answer.")


def _proposing(
    actor: User, contest: Contest, *, at: datetime
) -> tuple[Contest, Entrant]:
    held, team = captained(actor, contest)
    _require_goes_on(held, at=at)
    if team.disqualified_at is not None:
        raise TeamStays(gettext("Your team is disqualified."))
    return held, team


def _person(name: str) -> User | None:
    return User.objects.filter(username__iexact=name, is_active=True).first()


def _require_goes_on(contest: Contest, *, at: datetime) -> None:
    if contest.phase_at(at) is Phase.CLOSED:
        raise ContestClosed(
            gettext("The contest has ended, so teams stay as they are.")
        )


def _require_room(contest: Contest, teams: Iterable[Entrant], *, more: int = 0) -> None:
    people = Member.objects.filter(entrant__in=teams).count() + more
    if people > contest.max_team_size:
        raise TeamFull(
            gettext("Everybody competes alone here.")
            if contest.max_team_size == 1
            else gettext(
                "Together you would be %(people)s; %(max_team_size)s is the most."
            )
            % {"people": people, "max_team_size": contest.max_team_size}
        )


def _require_quota(contest: Contest, teams: list[Entrant], *, at: datetime) -> None:
    """Return if together they used no more than one team might have, today and so far."""
    phases: list[ContestPhase | None] = [*phases_of(contest)]
    for phase in phases or [None]:
        today = [quota_of(team, contest, at=at, phase=phase) for team in teams]
        used, quota = sum(each.used for each in today), today[0]
        if used > quota.limit:
            raise TeamQuota(
                gettext(
                    "Together you have handed in %(used)s today, and %(limit)s is "
                    "the most. Come again after %(resets_at)s UTC."
                )
                % {
                    "used": used,
                    "limit": quota.limit,
                    "resets_at": f"{quota.resets_at:%Y-%m-%d %H:%M}",
                }
            )
        since = phase.starts_at if phase else contest.starts_at
        days = (at.astimezone(UTC).date() - since.astimezone(UTC).date()).days + 1
        most = max(days, 1) * quota.limit
        if quota.total_limit is not None:
            most = min(most, quota.total_limit)
        so_far = charged_to(
            teams, since=since, until=at + timedelta(days=1), phase=phase
        )
        if so_far > most:
            raise TeamQuota(
                gettext(
                    "Together you have handed in %(so_far)s, and one team might have "
                    "handed in %(most)s by now."
                )
                % {"so_far": so_far, "most": most}
            )
