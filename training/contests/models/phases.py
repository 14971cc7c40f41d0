"""The phases of a contest: windows of time, each with quotas and formats of its own."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from marketplace.storage.models import Blob
from training.contests.models.contests import Contest, Format


class ContestPhase(models.Model):
    """A window in which a contest takes submissions; windows may overlap.

    A contest without any takes them from its start to its end. What is handed in to a
    phase that does not count is scored and not ranked. Without `ends_at` it lasts as long
    as its contest; without `formats` it takes what the contest takes.

    One with a `truth` of its own, which has its own rows and its own private ones among
    them, has a board of its own, too, with `row_count` rows and `inputs` if it takes
    models; the others share the contest's, which is the final one. Until
    `board_hidden_until` hosts alone see that board. Where a host's program gives it
    columns of its own, `metric` ranks. A re-scoring may correct its labels, to those of
    `pending_truth` once the host publishes it. One that `carries` takes, when it opens,
    each team's best of the phase before, at `carried_at`.
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
    truth = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    pending_truth = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    inputs = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    split_column = models.CharField(max_length=100, blank=True)
    row_count = models.PositiveIntegerField(null=True, blank=True)
    metric = models.CharField(max_length=100, blank=True)
    greater_is_better = models.BooleanField(default=True)
    board_hidden_until = models.DateTimeField(null=True, blank=True)
    carries = models.BooleanField(default=False)
    carried_at = models.DateTimeField(null=True, blank=True)

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
            models.CheckConstraint(
                name="contests_contestphase_own_board_has_truth",
                condition=Q(truth__isnull=False)
                | Q(
                    truth__isnull=True,
                    pending_truth__isnull=True,
                    inputs__isnull=True,
                    split_column="",
                    row_count__isnull=True,
                    metric="",
                    board_hidden_until__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"

    @property
    def has_board(self) -> bool:
        """Whether it is scored apart, on a board of its own."""
        return self.truth_id is not None

    def hides_board(self, now: datetime) -> bool:
        """Whether hosts alone see its own board yet."""
        return self.board_hidden_until is not None and now < self.board_hidden_until

    def is_open(self, now: datetime) -> bool:
        """Whether its window is open; that of its contest may be shut."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
