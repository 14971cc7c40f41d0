"""What somebody has sent and not committed: kept for a day, and so much of it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.queries.contents import unplaced_bytes
from marketplace.kit.errors import DomainError

COLLECTED_WITHIN = timedelta(days=3)


class TooMuchUnplaced(DomainError):
    code = "too_much_unplaced"
    status = 413


def require_unplaced_room(user: User, *, size_bytes: int, at: datetime) -> None:
    """Return if `user` may send so many bytes more before they commit any.

    Args:
        user: who sends.
        size_bytes: how many more.
        at: now.

    Raises:
        TooMuchUnplaced: what they sent and never committed would be over the quota of
            a whole namespace.
    """
    allowed_bytes = settings.STOA.namespace_quota_bytes
    held_bytes = unplaced_bytes(user, since=at - COLLECTED_WITHIN)
    if held_bytes + size_bytes > allowed_bytes:
        raise TooMuchUnplaced(
            gettext(
                "You have sent %(held_bytes)s bytes that no version has, and this "
                "would add %(size_bytes)s; %(allowed_bytes)s are kept. Commit what "
                "you sent, or wait until it is collected, a day or two from now."
            )
            % {
                "held_bytes": f"{held_bytes:,}",
                "size_bytes": f"{size_bytes:,}",
                "allowed_bytes": f"{allowed_bytes:,}",
            }
        )
