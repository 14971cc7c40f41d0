"""What bytes there are, one row for each content, and what is on its way in."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

HEX = r"^[0-9a-f]{64}$"


class Blob(models.Model):
    """Content that lies whole in the store under its SHA-256 (64 hex digits)."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size_bytes = models.BigIntegerField()
    stored_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)

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
        ]

    def __str__(self) -> str:
        return self.sha256


class UploadState(models.TextChoices):
    OPEN = "OPEN", "Taking parts"
    COMPLETED = "COMPLETED", "Whole, and in the store"
    ABORTED = "ABORTED", "Given up; its parts are gone"


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
