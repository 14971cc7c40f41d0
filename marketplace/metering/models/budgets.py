"""What a namespace may spend in a month, and what is set aside for work under way."""

import uuid

from django.db import models
from django.db.models import Q

from licensing.models import Prepaid
from marketplace.accounts.models import Namespace


class Budget(models.Model):
    """What one namespace may spend in a month: never more than it paid in beforehand.

    `limit_minor` is its owners' own, none for all that was paid in. Its row is the lock
    under which everything is set aside and charged. `warned_for` is the month in which its
    owners were last told that most of it is used up.
    """

    namespace = models.OneToOneField(
        Namespace, models.PROTECT, primary_key=True, related_name="budget"
    )
    prepaid = models.OneToOneField(Prepaid, models.PROTECT, related_name="budget")
    limit_minor = models.BigIntegerField(null=True, blank=True)
    warned_for = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="metering_budget_not_negative",
                condition=Q(limit_minor__isnull=True) | Q(limit_minor__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.namespace_id}"


class Reservation(models.Model):
    """The most that one run may take, set aside while it waits and works."""

    run_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    namespace = models.ForeignKey(
        Namespace, models.CASCADE, related_name="reservations"
    )
    cpu_ms = models.PositiveBigIntegerField()
    gpu_ms = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.run_id}: {self.cpu_ms} ms, {self.gpu_ms} ms"
