"""People who come together in teams, as tests have them do."""

from django.utils import timezone

from training.contests import services
from training.contests.models import (
    Member,
)


def ask(team, person, *, at=None):
    return services.propose_to_person(
        team.user, contest=team.contest, name=person.username, at=at or timezone.now()
    )


def accept(user, proposal, *, at=None):
    return services.accept_proposal(
        user,
        proposal=proposal,
        rules_sha256=proposal.team.contest.rules_sha256,
        at=at or timezone.now(),
    )


def together(team, *people):
    for person in people:
        accept(person, ask(team, person))
    team.refresh_from_db()
    return team


def merge(first, second, *, at=None):
    at = at or timezone.now()
    proposal = services.propose_merger(
        first.user, contest=first.contest, name=second.name, at=at
    )
    return services.accept_proposal(second.user, proposal=proposal, at=at)


def names_of(team):
    members = Member.objects.filter(entrant=team)
    return set(members.values_list("user__username", flat=True))
