"""What somebody may have meant, where nothing matches what they typed."""

import re

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, F, Func, IntegerField, Value

from marketplace.catalog.models import Word
from marketplace.catalog.spelling import correctable, nearest, trigrams_of

CANDIDATES = 20
MOST_CORRECTED = 3  # words of a query


def corrected(text: str) -> str | None:
    """Return a query with words that nothing public has put right; None if none can be.

    Only words of what everybody can see are known, so nothing private is told by it.

    Cost: one query, and one more for each of at most `MOST_CORRECTED` words.
    """
    typed = correctable(text)
    if not typed:
        return None
    known = set(Word.objects.filter(pk__in=typed).values_list("pk", flat=True))
    unknown = [word for word in typed if word not in known]
    meant = {word: _meant_by(word) for word in unknown[:MOST_CORRECTED]}
    better = {word: found for word, found in meant.items() if found}
    if not better:
        return None
    any_of = "|".join(map(re.escape, better))
    words = re.compile(rf"\b(?:{any_of})\b", re.IGNORECASE)
    return words.sub(lambda found: better[found[0].lower()], text)


def _meant_by(word: str) -> str | None:
    grams = Value(trigrams_of(word), output_field=ArrayField(CharField()))
    shared = Func(
        F("trigrams"),
        grams,
        template="cardinality(ARRAY(SELECT unnest(%(expressions)s::text[])))",
        arg_joiner="::text[]) INTERSECT SELECT unnest(",
        output_field=IntegerField(),
    )
    alike = Word.objects.filter(trigrams__overlap=trigrams_of(word))
    best = alike.annotate(shared=shared).order_by("-shared", "-listings", "word")
    return nearest(word, best.values_list("word", "listings")[:CANDIDATES])
