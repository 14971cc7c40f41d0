"""What people write in their own words, and what the site says in theirs."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise
else:
    from django.utils.functional import Promise

Words = str | Promise  # the latter becomes the reader's language where it is shown


def checked_words(said: str, *, field: str, most: int, is_needed: bool = True) -> str:
    """Return a text without the blanks around it.

    Args:
        said: as it was written.
        field: the name of the field it was written in.
        most: characters.
        is_needed: whether something must be said.

    Raises:
        Malformed: it is empty and needed, too long, or holds NUL; names the field.
    """
    words = said.strip()
    if len(words) > most or "\0" in words or (is_needed and not words):
        extent = f"1 to {most:,}" if is_needed else f"at most {most:,}"
        raise Malformed(
            gettext("%(field)s: write %(extent)s characters.")
            % {"field": field, "extent": extent}
        )
    return words
