"""Who of a team may commit to what it uploads to, as its people come and go."""

from contextlib import suppress
from datetime import datetime

from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import User
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.permissions import shares_of as catalog_shares
from marketplace.catalog.services import share, unshare
from training.contests.models import Entrant, Member, SubmissionRepository


def share_with_team(team: Entrant, *, at: datetime) -> None:
    """Let everybody of a team commit to what it uploads to."""
    members = Member.objects.filter(entrant=team).select_related("user")
    people = [member.user for member in members.order_by("pk")]
    for source in _living(team):
        shared = {row["user__username"] for row in catalog_shares(source.repository)}
        for person in people:
            if person == source.made_by or person.username in shared:
                continue
            with suppress(PermissionDenied):  # it has another owner now
                share(
                    source.made_by,
                    repository=source.repository,
                    user=person,
                    role=ShareRole.EDITOR,
                    shared_at=at,
                )


def leave_repositories(person: User, team: Entrant, *, at: datetime) -> None:
    """Part what a team uploads to from somebody who leaves it: theirs go with them."""
    for source in _living(team):
        if source.made_by == person:
            SubmissionRepository.objects.filter(pk=source.pk).update(ended_at=at)
        else:
            unshare(person, repository=source.repository, user=person, unshared_at=at)


def _living(team: Entrant) -> list[SubmissionRepository]:
    living = SubmissionRepository.objects.filter(entrant=team, ended_at=None)
    return list(
        living.select_related("repository__namespace", "made_by").order_by("pk")
    )
