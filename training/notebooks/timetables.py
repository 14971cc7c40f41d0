"""When a schedule comes round next, in the zone of whoever made it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.notebooks.models import Job, Schedule
from training.notebooks.plans import Timetable

DAYS_AHEAD = 8


def timetable_of(job: Job) -> Timetable:
    return Timetable(Schedule(job.schedule), job.at_time, job.weekday, job.zone)


def checked_timetable(plan: Timetable) -> Timetable:
    """Return a timetable with what its schedule needs, and nothing else.

    Raises:
        Malformed: it lacks something; names the field.
    """
    if plan.schedule == Schedule.NEVER:
        return Timetable()
    if plan.at_time is None:
        raise Malformed(gettext("at_time: say at what time of the day it runs."))
    if plan.zone not in available_timezones():
        raise Malformed(
            gettext(
                "zone: name a time zone as IANA does, such as Europe/Athens or UTC."
            )
        )
    if plan.schedule == Schedule.DAILY:
        return Timetable(plan.schedule, plan.at_time, None, plan.zone)
    if plan.weekday is None or not 0 <= plan.weekday <= 6:
        raise Malformed(gettext("weekday: say on which day of the week it runs."))
    return plan


def next_after(timetable: Timetable, after: datetime) -> datetime | None:
    """Return the first moment of a timetable after another, in UTC; None if it has none.

    A time that a change of clocks leaves out comes an hour later on that day, and of one
    that comes twice the first counts.
    """
    at_time = timetable.at_time
    if at_time is None:
        return None
    zone = ZoneInfo(timetable.zone)
    today = after.astimezone(zone).date()
    for ahead in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if timetable.weekday is not None and day.weekday() != timetable.weekday:
            continue
        moment = datetime.combine(day, at_time, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
    raise ValueError(f"{timetable} never comes")
