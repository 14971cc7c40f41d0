"""Locks the place from which somebody hands in, and reads what decides."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef

from marketplace.accounts.models import User
from training.contests.models import Contest, ContestPhase, Entrant, Member
from training.contests.services.registering import NotJoined

HOLD_PLACE = """
    SELECT team.id FROM contests_contest AS contest
    JOIN contests_member AS member ON member.contest_id = contest.id
    JOIN contests_entrant AS team ON team.id = member.entrant_id
    WHERE contest.id = %s AND member.user_id = %s AND team.withdrawn_at IS NULL
    FOR KEY SHARE OF contest FOR UPDATE OF team
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What decides whether a person may hand in, read while their team is locked."""

    contest: Contest
    entrant: Entrant
    member: Member
    has_phases: bool
    has_staff: bool


def held_place(actor: User, contest: Contest) -> Held:
    """Lock the team of somebody, and read what decides as it is under the lock.

    Two teams may become one while this waits for the lock; then it is the other's. The
    contest's key is shared: a re-scoring, which locks it whole, either has committed, so
    that its scorer is seen here, or waits and then sees what is handed in.

    Raises:
        NotJoined: they have no team.
    """
    staff = Member.objects.filter(entrant=OuterRef("entrant"), user__is_staff=True)
    phases = ContestPhase.objects.filter(contest=OuterRef("contest"))
    now = (
        Member.objects.filter(contest=contest, user=actor, entrant__withdrawn_at=None)
        .select_related("entrant", "contest__namespace")
        .annotate(has_staff=Exists(staff), has_phases=Exists(phases))
    )
    while (team := _locked_team(actor, contest)) is not None:
        member = now.first()
        if member is not None and member.entrant_id == team:
            return Held(
                contest=member.contest,
                entrant=member.entrant,
                member=member,
                has_phases=member.has_phases,
                has_staff=member.has_staff,
            )
    raise NotJoined("Join the contest first; its rules are on its page.")


def _locked_team(actor: User, contest: Contest) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_PLACE, [contest.pk, actor.pk])
        found = cursor.fetchone()
    return None if found is None else int(found[0])
