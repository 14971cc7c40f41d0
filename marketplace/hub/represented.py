"""The JSON of the protocol: what clients read of repositories, files and versions."""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """Return a time as clients parse it: UTC to the millisecond, with a literal Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
