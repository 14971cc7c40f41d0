"""What a repository holds at each version, as entries valid between two commits.

A file or folder that stays the same over a thousand commits is one row; a commit of one
file writes that file and the folders above it. See decisions/0003-trees-are-intervals.md
and, for branches, decisions/0005-lines-lie-over-lines.md.
"""

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, F, OuterRef, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models.commits import MAIN_LINE, OID, Commit
from marketplace.catalog.models.repositories import Repository
from marketplace.storage.models import Blob

PATH_BYTES = 1024


class EntryKind(models.TextChoices):
    DIRECTORY = "DIRECTORY", _("Folder")  # sorts before FILE, as lists show it
    FILE = "FILE", _("File")


class TreeEntryQuerySet(models.QuerySet["TreeEntry"]):
    def at(self, commit: Commit) -> Self:
        """Those in the version that `commit` made."""
        return self._in_layers(commit, Q())

    def newest(self, commit: Commit) -> Self:
        """Those in the version of the last commit of a line: as `at`, and quicker."""
        return self._in_layers(commit, Q(line=commit.line, until__isnull=True))

    def _in_layers(self, commit: Commit, topmost: Q) -> Self:
        lives, hides = topmost, Q()
        for line, position in commit.layers:
            if not (topmost and line == commit.line):
                ends_later = Q(until__isnull=True) | Q(until__gt=position)
                lives |= Q(ends_later, line=line, since__lte=position)
            hides |= Q(line=line, since__lte=position)
        entries = self.filter(lives, repository=commit.repository_id)
        if not commit.under:
            return entries
        return entries.filter(
            ~Exists(Shadow.objects.filter(hides, entry=OuterRef("pk")))
        )

    def inside(self, folder: str) -> Self:
        """Those right inside one folder; the root is the empty string."""
        return self.filter(folder=folder).exclude(name="")

    def below(self, folder: str) -> Self:
        """Those anywhere below one folder; the root is the empty string."""
        if not folder:
            return self.exclude(name="")
        return self.filter(
            Q(folder=folder) | Q(folder__startswith=f"{folder}/"),
            folder__gte=folder,
            folder__lt=f"{folder}0",  # “0” follows “/”: an index finds these bounds
        )


class TreeEntry(models.Model):
    """A file or folder in the versions `since <= position < until` of one line.

    A folder knows how many files and bytes lie below it, and its `oid` is a digest over
    all of them, reckoned from its `tally`; the root is the folder with an empty name.
    """

    repository = models.ForeignKey(
        Repository, models.PROTECT, related_name="entries", db_index=False
    )
    folder = models.CharField(max_length=PATH_BYTES, blank=True, db_collation="C")
    name = models.CharField(max_length=255, blank=True, db_collation="C")
    kind = models.CharField(max_length=9, choices=EntryKind.choices)
    blob = models.ForeignKey(
        Blob, models.PROTECT, null=True, blank=True, related_name="tree_entries"
    )
    oid = models.CharField(max_length=40, blank=True)
    tally = models.BinaryField(null=True, blank=True)
    size_bytes = models.BigIntegerField()
    file_count = models.PositiveIntegerField()
    line = models.PositiveIntegerField(default=MAIN_LINE)
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True, blank=True)

    objects = TreeEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tree entries"
        constraints = [
            UniqueConstraint(
                name="catalog_treeentry_one_live",
                fields=["repository", "folder", "name", "line"],
                condition=Q(until__isnull=True),
            ),
            UniqueConstraint(
                name="catalog_treeentry_one_since",
                fields=["repository", "folder", "name", "line", "since"],
            ),
            CheckConstraint(
                name="catalog_treeentry_ends_after_it_begins",
                condition=Q(since__gte=1)
                & (Q(until__isnull=True) | Q(until__gt=F("since"))),
            ),
            CheckConstraint(
                name="catalog_treeentry_file_has_blob",
                condition=Q(kind=EntryKind.FILE, blob__isnull=False, file_count=1)
                | Q(kind=EntryKind.DIRECTORY, blob__isnull=True, oid__regex=OID),
            ),
            CheckConstraint(
                name="catalog_treeentry_only_the_root_is_nameless",
                condition=~Q(name="") | Q(folder="", kind=EntryKind.DIRECTORY),
            ),
            CheckConstraint(
                name="catalog_treeentry_size_not_negative",
                condition=Q(size_bytes__gte=0),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_treeentry_listing",
                fields=["repository", "folder", "kind", "name", "since"],
            ),
            models.Index(
                name="catalog_treeentry_begun", fields=["repository", "line", "since"]
            ),
            models.Index(
                name="catalog_treeentry_ended",
                fields=["repository", "line", "until"],
                condition=Q(until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def is_file(self) -> bool:
        return self.kind == EntryKind.FILE

    @property
    def content(self) -> Blob:
        """The bytes of a file; a folder has none, and asking for them is a bug."""
        if self.blob is None:
            raise TypeError(f"{self} is a folder")
        return self.blob


class Shadow(models.Model):
    """From `since` on, a line no longer shows an entry of a version it lies over."""

    repository = models.ForeignKey(
        Repository, models.PROTECT, related_name="shadows", db_index=False
    )
    line = models.PositiveIntegerField()
    since = models.PositiveIntegerField()
    entry = models.ForeignKey(
        TreeEntry, models.PROTECT, related_name="shadows", db_index=False
    )

    class Meta:
        constraints = [
            UniqueConstraint(name="catalog_shadow_once", fields=["entry", "line"]),
            CheckConstraint(
                name="catalog_shadow_since_from_one", condition=Q(since__gte=1)
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_shadow_begun", fields=["repository", "line", "since"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} hidden on line {self.line}"
