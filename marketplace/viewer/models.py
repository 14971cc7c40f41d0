"""Tables of datasets: how far a version is converted, its splits and their Parquet."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models import Commit, Repository
from marketplace.storage.models import Blob

NAME_CHARACTERS = 200
DIGEST = r"^([0-9a-f]{64})?$"


class State(models.TextChoices):
    """How far a version is on its way to tables."""

    WAITING = "WAITING", _("Waiting for a worker")
    RUNNING = "RUNNING", _("Being read")
    READY = "READY", _("Ready")
    NOTHING = "NOTHING", _("Nothing in it is a table")
    FAILED = "FAILED", _("It could not be read")


UNDER_WAY = [State.WAITING, State.RUNNING]


class Conversion(models.Model):
    """One version of a dataset on its way to tables.

    `run_id` is the run that does it, of another room. `digest` says what is read, by path
    and content, and how: versions with the same need be read once. `done_bytes` of
    `total_bytes` are read. `cause` says why nothing came of it: `code`, `sentence`, and
    `path` and `line` (from 1) where they are known. It may be READY though some of its
    splits failed, which say so themselves.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="conversions"
    )
    commit = models.OneToOneField(Commit, models.PROTECT, related_name="conversion")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    run_id = models.UUIDField(null=True, blank=True, unique=True)
    digest = models.CharField(max_length=64, blank=True)
    done_bytes = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    cause = models.JSONField(null=True, blank=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="viewer_conversion_state_known",
                condition=Q(state__in=State.values),
            ),
            CheckConstraint(
                name="viewer_conversion_digest_is_hex",
                condition=Q(digest__regex=DIGEST),
            ),
            CheckConstraint(
                name="viewer_conversion_done_within_total",
                condition=Q(done_bytes__gte=0, done_bytes__lte=F("total_bytes")),
            ),
            CheckConstraint(
                name="viewer_conversion_ends_unless_under_way",
                condition=Q(state__in=UNDER_WAY, ended_at__isnull=True)
                | ~Q(state__in=UNDER_WAY) & Q(ended_at__isnull=False),
            ),
            CheckConstraint(
                name="viewer_conversion_failed_says_why",
                condition=~Q(state=State.FAILED) | Q(cause__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="viewer_conversion_same",
                fields=["digest"],
                condition=Q(state=State.READY),
            ),
            models.Index(
                name="viewer_conversion_under_way",
                fields=["asked_at"],
                condition=Q(state__in=UNDER_WAY),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commit_id}: {self.get_state_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def progress(self) -> float:
        """How much of its bytes is read, from 0 to 1."""
        return self.done_bytes / self.total_bytes if self.total_bytes else 0.0


class Split(models.Model):
    """One table: a split of one config. The default config's come first by `position`.

    `features` and `statistics` are as Hugging Face's viewer gives them; the statistics are
    of all rows, and None until they are counted. `read_bytes` is the size of the files it
    was read from, `bytes_in_memory` that of its columns in Arrow. `quality` is what was
    found on looking at it. `failure` says why there are no rows, as `Conversion.cause`.
    """

    conversion = models.ForeignKey(Conversion, models.CASCADE, related_name="splits")
    config = models.CharField(max_length=NAME_CHARACTERS)
    split = models.CharField(max_length=NAME_CHARACTERS)
    position = models.PositiveIntegerField()
    rows = models.BigIntegerField(default=0)
    features = models.JSONField(default=list, blank=True)
    read_bytes = models.BigIntegerField(default=0)
    bytes_in_memory = models.BigIntegerField(default=0)
    statistics = models.JSONField(null=True, blank=True)
    quality = models.JSONField(null=True, blank=True)
    failure = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="viewer_split_name_unique",
                fields=["conversion", "config", "split"],
            ),
            UniqueConstraint(
                name="viewer_split_position_unique", fields=["conversion", "position"]
            ),
            CheckConstraint(
                name="viewer_split_counts_not_negative",
                condition=Q(rows__gte=0, read_bytes__gte=0, bytes_in_memory__gte=0),
            ),
            CheckConstraint(
                name="viewer_split_failed_has_no_rows",
                condition=Q(failure__isnull=True) | Q(rows=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.config}/{self.split}"

    @property
    def columns(self) -> list[str]:
        return [each["name"] for each in self.features]


class Part(models.Model):
    """One Parquet file of a split; its rows follow those of the parts before it."""

    split = models.ForeignKey(Split, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    rows = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="viewer_part_number_unique", fields=["split", "number"]
            ),
            CheckConstraint(
                name="viewer_part_rows_not_negative", condition=Q(rows__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.split}: {self.filename}"

    @property
    def filename(self) -> str:
        """Its name in addresses, below its config and split."""
        return f"{self.number:04d}.parquet"

    @property
    def size_bytes(self) -> int:
        return self.blob.size_bytes
