"""What hosts write and give out beside a contest's own words: pages, starting kits."""

import uuid

from django.db import models
from django.db.models import Deferrable, Q

from marketplace.catalog.models import Commit
from marketplace.storage.models import Blob
from training.contests.models.contests import Contest


class ContestPage(models.Model):
    """A page of a contest in Markdown, for everyone who sees it.

    `number` orders the pages of a contest from 1 on, without a gap. The address `slug`
    is made of the first title, and stays when that changes.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=100)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_contestpage_numbered_once",
                fields=["contest", "number"],
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                name="contests_contestpage_slug_once", fields=["contest", "slug"]
            ),
            models.CheckConstraint(
                name="contests_contestpage_titled", condition=~Q(title="")
            ),
        ]

    def __str__(self) -> str:
        return self.title


class StartingKit(models.Model):
    """What entrants begin from: a file, or a repository as it was at one commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="kits")
    name = models.CharField(max_length=200)
    blob = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    commit = models.ForeignKey(
        Commit, models.PROTECT, related_name="+", null=True, blank=True
    )
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_startingkit_named_once", fields=["contest", "name"]
            ),
            models.CheckConstraint(
                name="contests_startingkit_named", condition=~Q(name="")
            ),
            models.CheckConstraint(
                name="contests_startingkit_file_or_commit",
                condition=Q(blob__isnull=False, commit__isnull=True)
                | Q(blob__isnull=True, commit__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def digest(self) -> str:
        """The SHA-256 of the file, or the id of the commit."""
        return self.commit.oid if self.commit else str(self.blob_id)
