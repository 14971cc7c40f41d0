"""The phases of a contest: windows of time, each with quotas and formats of its own."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from training.contests.models.contests import Contest, Format


class ContestPhase(models.Model):
    """A window in which a contest takes submissions; windows may overlap.

    A contest without any takes them from its start to its end. What is handed in to a
    phase that does not count is scored and not ranked. Without `ends_at` it lasts as long
    as its contest; without `formats` it takes what the contest takes.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    daily_limit = models.PositiveSmallIntegerField()
    total_limit = models.PositiveIntegerField(null=True, blank=True)
    formats = ArrayField(
        models.CharField(max_length=11, choices=Format.choices),
        default=list,
        blank=True,
    )
    counts = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_contestphase_numbered_once",
                fields=["contest", "number"],
            ),
            models.CheckConstraint(
                name="contests_contestphase_ends_after_start",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="contests_contestphase_limits_positive",
                condition=Q(daily_limit__gte=1)
                & (Q(total_limit__isnull=True) | Q(total_limit__gte=1)),
            ),
            models.CheckConstraint(
                name="contests_contestphase_formats_known",
                condition=Q(formats__contained_by=Format.values),
            ),
            models.CheckConstraint(
                name="contests_contestphase_named", condition=~Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"

    def is_open(self, now: datetime) -> bool:
        """Whether its window is open; that of its contest may be shut."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
