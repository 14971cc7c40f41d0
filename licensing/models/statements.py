"""What a processor said last of the money that moved at it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from licensing.models.payments import PaymentProvider

PATIENCE = timedelta(minutes=10)  # a long statement is read in half a minute


class ProcessorStatement(models.Model):
    """A processor's own statement as it was read last, in one row a provider.

    It tells of what moved from `since` on up to `read_at`, when reading it began. Asked
    for after that, it is read again; `fault` is why that did not succeed. `movements` and
    `balance` are written and read by `licensing.reconciliation.statement`.
    """

    provider = models.CharField(
        max_length=6, choices=PaymentProvider.choices, unique=True
    )
    asked_at = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    movements = models.JSONField(default=list)
    balance = models.JSONField(default=dict)
    fault = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_processorstatement_read_has_since",
                condition=Q(since__isnull=True, read_at__isnull=True)
                | Q(since__isnull=False, read_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} of {self.read_at or 'no time yet'}"

    @property
    def is_awaited(self) -> bool:
        """Whether it was asked for, and neither read since nor failed."""
        return not self.fault and (self.read_at is None or self.read_at < self.asked_at)

    def is_being_read(self, at: datetime) -> bool:
        """Whether it is awaited at a moment, and not for so long that nobody reads it."""
        return self.is_awaited and at - self.asked_at < PATIENCE
