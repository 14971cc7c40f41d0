"""The matches of words, if they are few: what they are is then known before an order.

How often a word is in titles is a guess of PostgreSQL's. A word that it takes to be common
is looked for among the most downloaded, one by one, and one that nothing has, among all:
12 seconds for a slip of the pen in a million listings. So the index of words is asked
first, which knows.
"""

from dataclasses import replace

from django.db import connection

from marketplace.catalog.queries.wanted import Wanted
from marketplace.kit.search_words import prefix_query

FEW = 1_000
MATCHES = """
SELECT array_agg(id) FROM catalog_few_matches(
    websearch_to_tsquery('simple', %(text)s)
    || websearch_to_tsquery('english', %(text)s)
    || CASE WHEN %(prefix)s = '' THEN ''::tsquery
            ELSE to_tsquery('simple', %(prefix)s) END,
    %(most)s
) AS id"""


def narrowed(wanted: Wanted) -> Wanted:
    """Return what is wanted with the ids of what its words match, if these are few.

    They are of any visibility: lists leave out what one may not see.

    Cost: one query, by the index of words; none without words.
    """
    if not wanted.text:
        return wanted
    prefix = prefix_query(wanted.text)
    values: dict[str, str | int | float | None] = {
        "text": wanted.text,
        "prefix": prefix,
        "most": FEW + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(MATCHES, values)
        [(found,)] = cursor.fetchall()
    ids = tuple(found or ())
    return replace(wanted, among=ids) if len(ids) <= FEW else wanted
