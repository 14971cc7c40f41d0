"""Plain search: every word, anywhere in a row's texts, whatever its case and accents."""

from collections.abc import Sequence

from django.utils.translation import gettext

from marketplace.viewer.asking.columns import Column, Kind
from marketplace.viewer.asking.grammar import FilterMalformed
from marketplace.viewer.asking.sql import Sql, called

MOST_CHARACTERS = 500
MOST_WORDS = 20


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of a search.

    Raises:
        FilterMalformed: there are none, or too many.
    """
    words = tuple(query.split())
    if not words:
        raise FilterMalformed(gettext("query: write a word to look for."))
    if len(query) > MOST_CHARACTERS or len(words) > MOST_WORDS:
        raise FilterMalformed(
            gettext(
                "query: write %(most_words)s words at most, of %(most_characters)s "
                "characters together."
            )
            % {"most_words": MOST_WORDS, "most_characters": MOST_CHARACTERS}
        )
    return words


def words_sql(words: Sequence[str], columns: Sequence[Column]) -> list[Sql]:
    """Return a condition for each word: that one of the texts holds it.

    Raises:
        FilterMalformed: there is no text to look into.
    """
    texts = [plain_sql(each) for each in columns if each.is_text]
    if words and not texts:
        raise FilterMalformed(
            gettext("No column of this table holds text to search in.")
        )
    return [
        Sql.joined(
            " OR ",
            [
                Sql(f"contains({text}, strip_accents(lower(?)))", (word,))
                for text in texts
            ],
        ).grouped
        for word in words
    ]


def plain_sql(column: Column) -> str:
    """Return a column's text without case and accents; lists and records as written."""
    text = called(column)
    if column.kind is Kind.NESTED:
        text = f"CAST({text} AS VARCHAR)"
    return f"strip_accents(lower({text}))"
