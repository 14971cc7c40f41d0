"""The words of what is public, by which typing errors are forgiven."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

WORD_CHARACTERS = 40


class Word(models.Model):
    """A word of titles, names and tags that everybody can see, and in how many.

    `trigrams` are `marketplace.catalog.spelling.trigrams_of` it.
    """

    word = models.CharField(primary_key=True, max_length=WORD_CHARACTERS)
    trigrams = ArrayField(models.CharField(max_length=3))
    listings = models.PositiveIntegerField()

    class Meta:
        indexes = [GinIndex(name="catalog_word_trigrams", fields=["trigrams"])]

    def __str__(self) -> str:
        return self.word
