"""What each namespace used of the site's machines, month by month."""

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Namespace

USED = ("cpu_ms", "gpu_ms", "wall_ms", "run_count")


class MonthOfUse(models.Model):
    """What runs of one namespace took in one month (UTC), and the most that it stored.

    Milliseconds of processors, of graphics cards held, and of workers held. Runs on
    workers that hosts bring are their own affair, and not in it.
    """

    namespace = models.ForeignKey(
        Namespace, models.CASCADE, related_name="months_of_use", db_index=False
    )
    month = models.DateField()
    run_count = models.PositiveBigIntegerField(default=0)
    cpu_ms = models.PositiveBigIntegerField(default=0)
    gpu_ms = models.PositiveBigIntegerField(default=0)
    wall_ms = models.PositiveBigIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "months of use"
        constraints = [
            models.UniqueConstraint(
                name="runs_monthofuse_once", fields=["namespace", "month"]
            ),
            models.CheckConstraint(
                name="runs_monthofuse_begins_a_month", condition=Q(month__day=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace_id}: {self.month:%Y-%m}"

    @property
    def cpu_hours(self) -> float:
        return self.cpu_ms / 3_600_000

    @property
    def gpu_hours(self) -> float:
        return self.gpu_ms / 3_600_000
