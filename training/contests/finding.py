"""Contests by the words of their title and summary."""

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from marketplace.kit.search_words import prefix_query
from training.contests.models import ContestQuerySet

LONGEST = 200
WORDS = SearchVector("title", "summary", config="english")  # as its index has them


def with_words(contests: ContestQuerySet, text: str) -> ContestQuerySet:
    """Return those of `contests` that match what somebody typed; all, if nothing.

    The last word may still go on; quotes, a minus and `or` are understood.

    Raises:
        Malformed: it is too long, or cannot be text.
    """
    if "\0" in text or len(text) > LONGEST:
        raise Malformed(
            gettext("q: give at most %(longest)s characters, none of them NUL.")
            % {"longest": LONGEST}
        )
    if not text.strip():
        return contests
    query = SearchQuery(text, config="english", search_type="websearch")
    if begun := prefix_query(text):
        query = query | SearchQuery(begun, config="english", search_type="raw")
    return contests.annotate(words=WORDS).filter(words=query)
