"""Downloads: a row for each file that left, then a count a day."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from marketplace.accounts.models import User
from marketplace.catalog.models.repositories import Repository
from marketplace.catalog.models.trees import PATH_BYTES


class Download(models.Model):
    """One file that left. Only inserted, so that no two readers wait.

    `taker` stands for who took it, and tells nobody who that was; with the five minutes
    of `bucket`, it makes one download of many files. Behind a gate or a price the row
    also says who took what, and stays for the owners to read; others are forgotten once
    they are counted.
    """

    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    bucket = models.DateTimeField()
    taker = models.CharField(max_length=32)
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    path = models.CharField(max_length=PATH_BYTES, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    is_counted = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_download_named_with_what_was_taken",
                condition=Q(user__isnull=True, path="", sha256="")
                | (Q(user__isnull=False) & ~Q(path="") & ~Q(sha256="")),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_download_fresh",
                fields=["repository", "bucket"],
                condition=Q(is_counted=False),
            ),
            models.Index(
                name="catalog_download_named",
                fields=["repository", "at", "id"],
                condition=Q(user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.at}"


class DownloadDay(models.Model):
    """How often a repository was taken on one day (UTC)."""

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
