"""The keys that receipts are signed with."""

from django.db import models
from django.db.models import Q


class ReceiptKey(models.Model):
    """A key by its thumbprint. Once retired it signs no more, and still verifies.

    `sealed` is the private part, as `kit.at_rest` keeps it; a retired key has none.
    """

    id = models.CharField(primary_key=True, max_length=43)
    public = models.BinaryField()
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_receiptkey_one_in_use",
                fields=["retired_at"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="licensing_receiptkey_retired_has_no_secret",
                condition=Q(retired_at__isnull=True) | Q(sealed=b""),
            ),
        ]

    def __str__(self) -> str:
        return self.id
