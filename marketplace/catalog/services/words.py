"""Learns the words that typing errors are measured against."""

from django.db import connection, transaction
from psycopg.sql import SQL

from marketplace.catalog.models import Word
from marketplace.catalog.spelling import LONGEST, SHORTEST, trigrams_of
from marketplace.kit.many import copy_rows

MOST_WORDS = 200_000
COMMON = SQL(
    """
    SELECT word, ndoc FROM ts_stat($words$
        SELECT to_tsvector('simple', r.title || ' ' || translate(r.name, '-_.', '   ')
            || ' ' || translate(array_to_string(
                r.tags || r.task_categories || r.modalities, ' '), '-_', '  '))
        FROM catalog_listing AS l JOIN catalog_repository AS r ON r.id = l.repository_id
        WHERE l.is_public
    $words$)
    WHERE length(word) BETWEEN %s AND %s AND word ~ '^[[:alpha:]]+$'
    ORDER BY ndoc DESC, word LIMIT %s
    """
)


@transaction.atomic
def learn_words() -> int:
    """Take in the words of titles, names and tags of all that is public; return how many.

    Whatever was taken away since, or hidden, is forgotten.

    Cost: reads all public listings; about a minute for a million.
    """
    with connection.cursor() as cursor:
        cursor.execute(COMMON, [SHORTEST, LONGEST, MOST_WORDS])
        found: list[tuple[str, int]] = cursor.fetchall()
    Word.objects.all().delete()
    rows = ((word, trigrams_of(word), count) for word, count in found)
    copy_rows(Word, ("word", "trigrams", "listings"), rows)
    return len(found)
