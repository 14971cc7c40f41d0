"""Puts what a page asks for to a split's files.

Selections are had at an address of another room, `hub`.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.viewer.asking.cells import Row
from marketplace.viewer.asking.files import lent
from marketplace.viewer.asking.rows import Page, matching_rows, rows_of
from marketplace.viewer.assets import addresses_of
from marketplace.viewer.looking import limits, shelf
from marketplace.viewer.models import Split
from marketplace.viewer.web.asked import Asked
from marketplace.viewer.web.places import Viewed


def page_of(seen: Viewed, split: Split, asked: Asked, *, length: int) -> Page:
    """Return a page of the rows that are asked for, and how many there are of them.

    Raises:
        FilterMalformed: the question cannot be read, or is not about this table.
        TooMuchAsked, PatternMalformed, Busy: see `asking`.
        BlobUnavailable: the store has lost some of it.

    Cost: without a question, reading the row groups of the page alone.
    """
    question = asked.question
    parts = seen.parts(split)
    address = addresses_of(
        split,
        path=reverse("viewer:asset"),
        key=settings.STOA.resolved_secret_key,
        lives_seconds=settings.STOA.signed_url_seconds,
        at=seen.at,
    )
    if asked.picks:
        with lent(split, parts, shelf=shelf()) as table:
            return matching_rows(
                table,
                question,
                offset=asked.offset,
                length=length,
                address=address,
                limits=limits(),
            )
    span = range(asked.offset, asked.offset + length)
    with lent(split, parts, shelf=shelf(), rows=span) as table:
        found = rows_of(
            table,
            offset=asked.offset,
            length=length,
            address=address,
            limits=limits(),
        )
    return Page(tuple(found), split.rows)


def row_at(seen: Viewed, split: Split, number: int) -> Row:
    """Return one row by its number.

    Raises:
        Http404: there is none.
        TooMuchAsked, Busy, BlobUnavailable: as `page_of`.
    """
    asked = Asked(config=split.config, split=split.split, offset=number)
    found = page_of(seen, split, asked, length=1).rows
    if not found:
        raise Http404(
            gettext("There is no row %(number)s.") % {"number": f"{number:,}"}
        )
    return found[0]


def selection_url(seen: Viewed, split: Split, asked: Asked, form: str) -> str:
    """Return where the rows that are asked for are had as one file, `csv` or `parquet`."""
    said = {
        **dict(asked.at(0).parameters),
        "dataset": str(seen.place.repository),
        "config": split.config,
        "split": split.split,
        "revision": seen.commit.oid if seen.commit else "",
        "as": form,
    }
    return f"/viewer/selection?{urlencode(said)}"
