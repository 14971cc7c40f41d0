"""What was taken of what is paid by use, counted by the month."""

from django.db import models
from django.db.models import Q

from licensing.models.orders import Entitlement, OrderLine


class Usage(models.Model):
    """The requests of one entitlement in one month of UTC, and the line that bills them.

    What comes to nothing is billed without a line.
    """

    id = models.BigAutoField(primary_key=True)
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="usage", db_index=False
    )
    month = models.DateField()
    requests = models.BigIntegerField(default=0)
    billed_at = models.DateTimeField(null=True, blank=True)
    line = models.OneToOneField(
        OrderLine, models.PROTECT, null=True, blank=True, related_name="usage"
    )

    class Meta:
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(
                name="licensing_usage_month_once", fields=["entitlement", "month"]
            ),
            models.CheckConstraint(
                name="licensing_usage_line_once_billed",
                condition=Q(line__isnull=True) | Q(billed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_usage_not_negative", condition=Q(requests__gte=0)
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_usage_unbilled",
                fields=["month", "id"],
                condition=Q(billed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requests} in {self.month:%Y-%m}"
