"""What workers say of themselves."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

WORKER_SILENT_AFTER = timedelta(minutes=2)
BROUGHT = ("sites",)  # queues that only workers of hosts serve, never the broker


class WorkerReport(models.Model):
    """What one worker says of itself at its start and every half minute."""

    hostname = models.CharField(max_length=200, primary_key=True)
    queues = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    concurrency = models.PositiveSmallIntegerField()
    sandbox = models.CharField(max_length=100)
    is_safe = models.BooleanField()
    reasons = ArrayField(models.TextField(), default=list, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="runs_workerreport_seen_after_start",
                condition=Q(seen_at__gte=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hostname}: {self.sandbox}"
