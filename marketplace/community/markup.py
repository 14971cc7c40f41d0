"""Comments as HTML, for as much of a discussion as is quick to render."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from marketplace.community.models import Event, Post
from marketplace.kit.markdown import render

MOST_CHARACTERS = 100_000  # of Markdown in one answer: less than a second, as a rule


def rendered(events: Iterable[Event | Post]) -> dict[UUID, SafeString]:
    """Return the HTML of comments and posts by their id; of other events it is empty.

    The first of them are rendered, up to a number of characters; what a very long
    discussion has beyond that is shown as it was typed.
    """
    left = MOST_CHARACTERS
    shown: dict[UUID, SafeString] = {}
    for event in events:
        left -= len(event.text)
        if left >= 0 or not event.text:
            shown[event.pk] = render(event.text)
        else:
            shown[event.pk] = format_html("<pre>{}</pre>", event.text)
    return shown
