"""What the operator asks for use, month by month: rows that are only added."""

import uuid

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import User


class Tariff(models.Model):
    """Prices in minor units, and what is free each month, from the first of a month on.

    Of several for a month the one stated last is in force. Never changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    from_month = models.DateField()
    currency = models.CharField(max_length=3)
    cpu_hour_minor = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    gpu_hour_minor = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    gigabyte_month_minor = models.DecimalField(
        max_digits=14, decimal_places=4, default=0
    )
    gigabyte_sent_minor = models.DecimalField(
        max_digits=14, decimal_places=4, default=0
    )
    free_cpu_hours = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    free_gpu_hours = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    free_gigabyte_months = models.DecimalField(
        max_digits=14, decimal_places=3, default=0
    )
    free_gigabytes_sent = models.DecimalField(
        max_digits=14, decimal_places=3, default=0
    )
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="metering_tariff_begins_a_month", condition=Q(from_month__day=1)
            ),
            models.CheckConstraint(
                name="metering_tariff_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="metering_tariff_not_negative",
                condition=Q(
                    cpu_hour_minor__gte=0,
                    gpu_hour_minor__gte=0,
                    gigabyte_month_minor__gte=0,
                    gigabyte_sent_minor__gte=0,
                    free_cpu_hours__gte=0,
                    free_gpu_hours__gte=0,
                    free_gigabyte_months__gte=0,
                    free_gigabytes_sent__gte=0,
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="metering_tariff_latest", fields=["-from_month", "-stated_at"]
            )
        ]

    def __str__(self) -> str:
        return f"from {self.from_month:%Y-%m}"
