"""The narrow table that lists and search read, kept by services beside the repository."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import CheckConstraint, Q

from licensing.models import Work
from marketplace.accounts.models import Namespace
from marketplace.catalog.models.repositories import Kind, Repository

TAG_CHARACTERS = 240  # as in `base_model:quantized:…`, with a whole address behind it


def _of_public(name: str, *fields: str) -> models.Index:
    """Return an index of the listings that everybody sees, which most lists are of."""
    return models.Index(
        name=f"catalog_listing_{name}",
        fields=fields,
        condition=Q(is_public=True),
    )


class Listing(models.Model):
    """What one repository is found by. A deleted repository has none.

    `rows` is how many a dataset has, if its card says so; `listed_at` is when everybody
    could first see it. `facets` holds tokens such as
    `task:image-classification`. Licence and price are not among them: they belong to the
    work, change without us, and are joined when asked for.
    """

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="listing"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", db_index=False
    )
    work = models.OneToOneField(Work, models.PROTECT, related_name="+")
    is_public = models.BooleanField()
    downloads = models.BigIntegerField(default=0)
    likes = models.PositiveIntegerField(default=0, db_default=0)
    parameters = models.BigIntegerField(null=True, blank=True)
    rows = models.BigIntegerField(null=True, blank=True)
    size_bytes = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True, blank=True)
    facets = ArrayField(models.CharField(max_length=120), default=list)
    tags = ArrayField(models.CharField(max_length=TAG_CHARACTERS), default=list)
    search = SearchVectorField()

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_listing_kind_known", condition=Q(kind__in=Kind.values)
            ),
            CheckConstraint(
                name="catalog_listing_rows_from_one",
                condition=Q(rows__isnull=True) | Q(rows__gte=1),
            ),
        ]
        indexes = [
            _of_public("kind_newest", "kind", "created_at", "repository"),
            _of_public("kind_popular", "kind", "downloads", "repository"),
            _of_public("newest", "created_at", "repository"),
            _of_public("popular", "downloads", "repository"),
            _of_public("kind_liked", "kind", "likes", "repository"),
            _of_public("liked", "likes", "repository"),
            _of_public("kind_largest", "kind", "size_bytes", "repository"),
            _of_public("largest", "size_bytes", "repository"),
            _of_public("listed", "listed_at"),
            models.Index(
                name="catalog_listing_namespace", fields=["namespace", "created_at"]
            ),
            models.Index(
                name="catalog_listing_parameters",
                fields=["parameters"],
                condition=Q(parameters__isnull=False),
            ),
            GinIndex(name="catalog_listing_facets", fields=["facets"]),
            GinIndex(name="catalog_listing_tags", fields=["tags"]),
            GinIndex(name="catalog_listing_search", fields=["search"]),
        ]

    def __str__(self) -> str:
        return str(self.repository_id)
