"""Locks the place from which somebody hands in, and reads what decides."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from marketplace.accounts.models import User
from training.contests.charges import charges_asked
from training.contests.models import Contest, ContestPhase, Entrant, Member
from training.contests.queries import Quota, places_of, quota_told
from training.contests.services.registering import NotJoined
from training.runs.turns import Seat, seat_asked, seat_told

HOLD_PLACE = """
    SELECT team.id FROM contests_contest AS contest
    JOIN contests_member AS member ON member.contest_id = contest.id
    JOIN contests_entrant AS team ON team.id = member.entrant_id
    WHERE contest.id = %s AND member.user_id = %s AND team.withdrawn_at IS NULL
    FOR KEY SHARE OF contest FOR UPDATE OF team
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What decides whether a person may hand in, read while their team is locked.

    `quota` is that of the contest, and `seat` where a run of the team would wait, if its
    lane is there.
    """

    contest: Contest
    entrant: Entrant
    member: Member
    has_phases: bool
    has_staff: bool
    quota: Quota
    seat: Seat | None


def claimant_of(entrant_id: int) -> str:
    """Return who takes turns in a contest's lane."""
    return f"entrant:{entrant_id}"


def lane_name(contest: Contest) -> str:
    """Return the lane in which submissions to a contest are scored."""
    return f"contest:{contest.slug}"


def held_place(actor: User, contest: Contest, *, at: datetime) -> Held:
    """Lock the team of somebody, and read what decides as it is under the lock.

    Two teams may become one while this waits for the lock; then it is the other's. The
    contest's key is shared: a re-scoring, which locks it whole, either has committed, so
    that its scorer is seen here, or waits and then sees what is handed in.

    Args:
        actor: who hands in.
        contest: to which.
        at: now.

    Raises:
        NotJoined: they have no team.
    """
    staff = Member.objects.filter(entrant=OuterRef("entrant"), user__is_staff=True)
    phases = ContestPhase.objects.filter(contest=OuterRef("contest"))
    read = (
        places_of(actor)
        .filter(contest=contest)
        .select_related("entrant", "contest__namespace", "contest__purse")
        .annotate(
            has_staff=Exists(staff),
            has_phases=Exists(phases),
            charges=charges_asked(at=at),
        )
    )
    while (team := _locked_team(actor, contest)) is not None:
        seat = seat_asked(lane_name(contest), claimant=claimant_of(team))
        member = read.annotate(seat=seat).first()
        if member is not None and member.entrant_id == team:
            return Held(
                contest=member.contest,
                entrant=member.entrant,
                member=member,
                has_phases=member.has_phases,
                has_staff=member.has_staff,
                quota=quota_told(member.contest, member.charges, at=at),
                seat=seat_told(member.seat),
            )
    raise NotJoined


def _locked_team(actor: User, contest: Contest) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_PLACE, [contest.pk, actor.pk])
        found = cursor.fetchone()
    return None if found is None else int(found[0])
