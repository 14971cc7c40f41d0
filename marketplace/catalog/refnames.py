"""What a branch or a tag may be called: as Git has it, and so that a URL is unambiguous."""

import re

from django.utils.translation import gettext

from marketplace.catalog.models.commits import OID, REF_CHARACTERS
from marketplace.kit.errors import Malformed

RESERVED = ("HEAD", "@", "refs")
FORBIDDEN = re.compile(
    r"""
    [\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]  # controls, blanks, and what Git gives a meaning
    | \.\. | @\{ | //                      # ranges, the reflog, an empty segment
    | ^/ | /$ | \.$                        # it neither begins with a slash nor ends so
    | (^|/)\. | \.lock(/|$)                # no segment is hidden or a lock
    """,
    re.VERBOSE,
)


class BadRefName(Malformed):
    code = "bad_ref"


def checked_name(name: str) -> str:
    """Return `name`, if a branch or a tag can have it.

    Raises:
        BadRefName: it cannot; the message says which names can be.
    """
    first = name.partition("/")[0]
    if (
        not 0 < len(name) <= REF_CHARACTERS
        or not name.isprintable()
        or FORBIDDEN.search(name)
        or name.startswith("-")
        or first in RESERVED
        or re.fullmatch(OID[1:-1], first)
    ):
        raise BadRefName(
            gettext(
                "name: use 1 to %(ref_characters)s letters, digits, dots, hyphens, "
                "underscores and single slashes, not beginning with “refs/”, a "
                "hyphen or a dot, without “..”, not ending in a dot, a slash or "
                "“.lock”, and not 40 hex digits."
            )
            % {"ref_characters": REF_CHARACTERS}
        )
    return name


def folders_of(name: str) -> list[str]:
    """Return what a name has before each of its slashes."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
