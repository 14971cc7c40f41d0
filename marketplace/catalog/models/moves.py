"""The names that repositories had before: addresses that still lead to them."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Upper

from marketplace.accounts.models import Namespace
from marketplace.catalog.models.repositories import NAME_PATTERN, Kind, Repository


class RepositoryAlias(models.Model):
    """A former address. A living repository of that name goes before it."""

    kind = models.CharField(max_length=7, choices=Kind.choices)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    name = models.CharField(max_length=96)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="aliases")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "repository aliases"
        constraints = [
            UniqueConstraint(
                "kind",
                "namespace",
                Upper("name"),
                name="catalog_repositoryalias_name_unique",
            ),
            CheckConstraint(
                name="catalog_repositoryalias_kind_known",
                condition=Q(kind__in=Kind.values),
            ),
            CheckConstraint(
                name="catalog_repositoryalias_name_valid",
                condition=Q(name__regex=NAME_PATTERN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.name}/{self.name}"
