"""What each namespace stores, each content counted once, against its quota."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from marketplace.accounts.models import Namespace
from marketplace.storage.models import Blob


class NamespaceUsage(models.Model):
    """How many bytes of distinct content the repositories of one namespace hold."""

    namespace = models.OneToOneField(
        Namespace, models.CASCADE, primary_key=True, related_name="usage"
    )
    size_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_namespaceusage_size_not_negative",
                condition=Q(size_bytes__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}: {self.size_bytes} bytes"


class HeldBlob(models.Model):
    """One content that a namespace has counted."""

    namespace = models.ForeignKey(
        Namespace, models.CASCADE, related_name="held_blobs", db_index=False
    )
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="holders")

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_heldblob_once", fields=["namespace", "blob"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace_id} {self.blob_id}"
