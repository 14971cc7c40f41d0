"""Months and days of UTC, by which use is counted and charged. Pure."""

from datetime import UTC, date, datetime, timedelta


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


def month_of(at: datetime) -> date:
    """Return the first day of a moment's month."""
    return day_of(at).replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after that of a day."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def seconds_left(at: datetime) -> int:
    """Return the seconds from a moment to the end of its month."""
    ends = next_month(month_of(at))
    end = datetime(ends.year, ends.month, 1, tzinfo=UTC)
    return int((end - at).total_seconds())
