"""Reads the dates that people write into bundles, all of them as UTC."""

import re
from datetime import UTC, date, datetime
from typing import Any

AMERICAN = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?Z?"
)
LOOSE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?Z?"
)
YEARS = range(1970, 2200)


class UnreadableDate(ValueError):
    """It is no date; the message says how to write one."""


def moment(told: Any) -> tuple[datetime, str]:
    """Return the moment that was meant, and a remark if that had to be guessed.

    `6-15-2020` and `10-07-2025` are read with the month first, as the platforms that
    wrote them do; a first number above 12 is a day. A date alone is its midnight.

    Raises:
        UnreadableDate: it is no date between 1970 and 2199.
    """
    remark = ""
    try:
        if isinstance(told, datetime):
            found = told
        elif isinstance(told, date):
            found = datetime(told.year, told.month, told.day, tzinfo=UTC)
        elif isinstance(told, str):
            found, remark = _written(told.strip())
        else:
            raise UnreadableDate(_advice(told))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        found = found.astimezone(UTC)
    except (ValueError, OverflowError) as broken:
        raise UnreadableDate(_advice(told)) from broken
    if found.year not in YEARS:
        raise UnreadableDate(_advice(told))
    return found, remark


def _advice(told: Any) -> str:
    return f"{str(told)[:40]!r} is no date. Write it as 2030-12-31 23:59:00 (UTC)."


def _written(told: str) -> tuple[datetime, str]:
    try:
        return datetime.fromisoformat(told), ""
    except ValueError:
        pass
    if loose := LOOSE.fullmatch(told):
        return _moment(*loose.groups()), ""
    american = AMERICAN.fullmatch(told)
    if american is None:
        raise UnreadableDate(_advice(told))
    first, _, second, year, *clock = american.groups()
    month, day = (second, first) if int(first) > 12 else (first, second)
    found = _moment(year, month, day, *clock)
    order = "day first" if int(first) > 12 else "month first"
    return found, f"read as {found:%Y-%m-%d}, {order}; check it"


def _moment(*parts: str | None) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
