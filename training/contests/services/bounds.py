"""What the address and the times of every contest keep to."""

import re
from datetime import datetime

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.contests.models import SLUG

RESERVED_SLUGS = frozenset({"calendar", "drafts", "new"})
YEARS = range(2000, 2200)


def checked_slug(slug: str) -> str:
    """Return a contest's address if it may be one.

    Raises:
        Malformed: it may not; says what may.
    """
    if slug in RESERVED_SLUGS or not re.fullmatch(SLUG, slug):
        raise Malformed(
            gettext(
                "slug: use small letters, digits and single hyphens; "
                "%(reserved_slugs)s are taken."
            )
            % {"reserved_slugs": ", ".join(sorted(RESERVED_SLUGS))}
        )
    return slug


def check_times(
    starts_at: datetime, ends_at: datetime | None, *others: datetime | None
) -> None:
    """Return if a contest may be held between these times.

    Raises:
        Malformed: they are too far away, or the end comes before the start.
    """
    times = (starts_at, ends_at, *others)
    if any(each is not None and each.year not in YEARS for each in times):
        raise Malformed(
            gettext("starts_at, ends_at: give times between 2000 and 2199.")
        )
    if ends_at is not None and ends_at <= starts_at:
        raise Malformed(gettext("ends_at: give a time after starts_at."))
