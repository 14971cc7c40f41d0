"""What counts against a quota: submissions by day, less what is given back."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, QuerySet, TextField, When
from django.db.models.functions import Cast, JSONObject, TruncDate

from training.contests.models import Attempt, ContestPhase, Entrant
from training.jobs import Stage
from training.runs.dispatch import WORKER_LOST
from training.runs.models import RunStatus

REFUNDS_A_DAY = 10
SANDBOX_UNAVAILABLE = "sandbox_unavailable"
PLATFORM_FAULTS = frozenset({WORKER_LOST, SANDBOX_UNAVAILABLE})
BEFORE_SCORING = frozenset({Stage.UNPACK, Stage.READ, Stage.LOAD})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def day_of(at: datetime) -> tuple[datetime, datetime]:
    """Return when the day of a quota began, midnight UTC, and when it ends."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day, day + timedelta(days=1)


def charges_asked(*, at: datetime) -> ArraySubquery:
    """Return what a team handed in, as a part of a query of members.

    It is what was handed in today, or ever where the contest limits that too.
    """
    day, resets_at = day_of(at)
    limited = When(submission__contest__total_limit__isnull=False, then=LONG_AGO)
    told = charges(since=Case(limited, default=day), until=resets_at, phase=None)
    return ArraySubquery(told.filter(submission__entrant=OuterRef("entrant")))


def charged_to(
    entrants: Collection[Entrant],
    *,
    since: datetime,
    until: datetime,
    phase: ContestPhase | None = None,
) -> int:
    """Return how many submissions of a time count against a quota, of teams together.

    Args:
        entrants: whose.
        since: from when on.
        until: before when.
        phase: only what was handed in to it.
    """
    told = charges(since=since, until=until, phase=phase)
    return sum(charged_days(told.filter(submission__entrant__in=entrants)).values())


def charges(
    *, since: datetime | Case, until: datetime, phase: ContestPhase | None
) -> QuerySet[Attempt, dict[str, Any]]:
    """Return what tells whether a submission counts: its day, and how its run stands."""
    attempts = Attempt.objects.all()
    if phase is not None:
        attempts = attempts.filter(submission__phase=phase)
    day = Cast(TruncDate("submission__submitted_at", tzinfo=UTC), TextField())
    return (
        attempts.filter(
            submission__carried_from=None,
            submission__submitted_at__gte=since,
            submission__submitted_at__lt=until,
        )
        .order_by("submission", "scorer_version")
        .distinct("submission")
        .values_list(
            JSONObject(
                day=day,
                status="run__status",
                code="run__failure_code",
                stage="run__failure_stage",
            ),
            flat=True,
        )
    )


def charged_days(told: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return how many submissions of each day count."""
    used: Counter[str] = Counter()
    refunds: Counter[str] = Counter()
    for each in told:
        if each["code"] in PLATFORM_FAULTS:
            continue
        day, stage = each["day"], each["stage"]
        used[day] += 1
        refunds[day] += each["status"] == RunStatus.CANCELLED or stage in BEFORE_SCORING
    return Counter({day: used[day] - min(refunds[day], REFUNDS_A_DAY) for day in used})
