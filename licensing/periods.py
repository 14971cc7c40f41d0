"""Months and years from a day on, without drifting where a month is short. Pure."""

import calendar
from datetime import datetime

MONTHS = {"MONTH": 1, "YEAR": 12}
DURATIONS = {"MONTH": "P1M", "YEAR": "P1Y"}  # of ISO 8601


def end_of_period(start: datetime, *, period: str, count: int) -> datetime:
    """Return the moment when `count` periods from `start` are over.

    It is the same day of the month and time of day, or the last day of a shorter month;
    from the 31st of January on, that is the 28th of February and the 31st of March.

    Args:
        start: the first moment of the first period.
        period: MONTH or YEAR.
        count: at least 1.
    """
    months = start.month - 1 + MONTHS[period] * count
    year, month = start.year + months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return start.replace(year=year, month=month, day=min(start.day, last))
