"""Downloads: one row each while fresh, then a count a day."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from marketplace.catalog.models.repositories import Repository


class Download(models.Model):
    """One file that left, not yet counted. Only inserted, so that no two readers wait."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.at}"


class DownloadDay(models.Model):
    """How many files of a repository left on one day (UTC)."""

    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="download_days", db_index=False
    )
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_downloadday_once", fields=["repository", "day"]
            ),
            CheckConstraint(
                name="catalog_downloadday_positive", condition=Q(count__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"
