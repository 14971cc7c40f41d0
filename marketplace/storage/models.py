"""What bytes there are, one row for each content, and what is on its way in."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

HEX = r"^[0-9a-f]{64}$"


class Blob(models.Model):
    """Content that lies whole in the store under its SHA-256 (64 hex digits).

    Condemned means that nothing needed it then, and that its digest alone counts for
    nothing: see services/collection.py.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    size_bytes = models.BigIntegerField()
    stored_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    condemned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storage_blob_sha256_is_hex", condition=Q(sha256__regex=HEX)
            ),
            models.CheckConstraint(
                name="storage_blob_size_not_negative", condition=Q(size_bytes__gte=0)
            ),
        ]
        indexes = [
            models.Index(
                F("verified_at").asc(nulls_first=True),
                name="storage_blob_due",
                condition=Q(quarantined_at__isnull=True),
            ),
            models.Index(
                fields=["condemned_at"],
                name="storage_blob_condemned",
                condition=Q(condemned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


class Possession(models.Model):
    """`user` has sent all bytes of `blob`, so that they may name it by its digest."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    blob = models.ForeignKey(Blob, models.CASCADE, related_name="possessions")
    proved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="storage_possession_once", fields=["user", "blob"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} has {self.blob_id}"


class UploadState(models.TextChoices):
    OPEN = "OPEN", _("Taking parts")
    COMPLETED = "COMPLETED", _("Whole, and in the store")
    ABORTED = "ABORTED", _("Given up; its parts are gone")


class Upload(models.Model):
    """One large content on its way in by parts; only its owner knows of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads"
    )
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    part_size_bytes = models.BigIntegerField()
    state = models.CharField(
        max_length=9, choices=UploadState.choices, default=UploadState.OPEN
    )
    store_id = models.CharField(max_length=1024, blank=True)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storage_upload_state_known",
                condition=Q(state__in=UploadState.values),
            ),
            models.CheckConstraint(
                name="storage_upload_sha256_is_hex", condition=Q(sha256__regex=HEX)
            ),
            models.CheckConstraint(
                name="storage_upload_sizes_positive",
                condition=Q(size_bytes__gt=0, part_size_bytes__gt=0),
            ),
            models.CheckConstraint(
                name="storage_upload_time_means_completed",
                condition=Q(state=UploadState.COMPLETED, completed_at__isnull=False)
                | (~Q(state=UploadState.COMPLETED) & Q(completed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="storage_upload_open",
                condition=Q(state=UploadState.OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} upload {self.pk}"

    @property
    def part_count(self) -> int:
        return -(-self.size_bytes // self.part_size_bytes)

    def part_bytes(self, number: int) -> int:
        """Return how long part `number` is, from 1; only the last may be shorter."""
        start = (number - 1) * self.part_size_bytes
        return min(self.part_size_bytes, self.size_bytes - start)


class Xorb(models.Model):
    """Chunks of files, sent together: what they are, and where their bytes are now.

    At first the bytes are in `body`, chunk after chunk, plain. Once files have been made
    of every chunk the xorb is covered: its segments say where in those files each chunk
    is, and the body may go. Clients count on a xorb for weeks after it was last listed.
    """

    hash = models.CharField(max_length=64, primary_key=True)
    chunks = models.BinaryField()
    plain_bytes = models.PositiveIntegerField()
    body = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    is_covered = models.BooleanField(default=False)
    listed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storage_xorb_hash_is_hex", condition=Q(hash__regex=HEX)
            ),
            models.CheckConstraint(
                name="storage_xorb_has_its_bytes",
                condition=Q(body__isnull=False) | Q(is_covered=True),
            ),
        ]
        indexes = [models.Index(name="storage_xorb_age", fields=["listed_at"])]

    def __str__(self) -> str:
        return self.hash


class XorbSender(models.Model):
    """`user` has sent all bytes of `xorb`, so that their files may be made of it."""

    xorb = models.ForeignKey(Xorb, models.CASCADE, related_name="senders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="storage_xorbsender_once", fields=["user", "xorb"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} sent {self.xorb_id}"


class XorbSegment(models.Model):
    """Chunks `first` up to but without `end` lie in `blob`, in order, from `offset`."""

    xorb = models.ForeignKey(Xorb, models.CASCADE, related_name="segments")
    first = models.PositiveSmallIntegerField()
    end = models.PositiveSmallIntegerField()
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    offset = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="storage_xorbsegment_once", fields=["xorb", "first"]
            ),
            models.CheckConstraint(
                name="storage_xorbsegment_has_chunks", condition=Q(end__gt=F("first"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.end} of {self.xorb_id}"


class XetFile(models.Model):
    """A file's hash as Xet computes it, and the content it was found to be."""

    hash = models.CharField(max_length=64, primary_key=True)
    blob = models.ForeignKey(Blob, models.CASCADE, related_name="xet_files")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storage_xetfile_hash_is_hex", condition=Q(hash__regex=HEX)
            ),
        ]

    def __str__(self) -> str:
        return self.hash


class XetCache(models.Model):
    """Which of a person's client caches counts: another number makes it start anew."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    generation = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.generation}"
