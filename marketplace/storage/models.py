"""What bytes there are: one row for each distinct content."""

from django.db import models
from django.db.models import Q


class Blob(models.Model):
    """Content that lies whole in the store under its SHA-256 (64 hex digits)."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size_bytes = models.BigIntegerField()
    stored_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storage_blob_sha256_is_hex",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="storage_blob_size_not_negative", condition=Q(size_bytes__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.sha256
