"""The board, kept: one row for each entrant, written whenever a score is."""

import math

from django.db import models
from django.db.models import F, Q

from training.contests.models.contests import Contest, Entrant
from training.contests.models.submissions import Attempt, Submission


class BoardRow(models.Model):
    """An entrant's best submission and where it stands.

    `merit` is the score with its sign turned so that more is better. `place` orders the
    rows of a board, 1 first; `rank` counts entrants and leaves baselines out (null).
    `rank_low` and `rank_high` bound the rank: who lies between has an interval that
    overlaps this one's. Once the contest is frozen, no more than who is shown and who is
    disqualified may change; a trigger holds that.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="board")
    entrant = models.OneToOneField(Entrant, models.CASCADE, related_name="board_row")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    is_baseline = models.BooleanField()
    is_disqualified = models.BooleanField(default=False)
    score = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    merit = models.FloatField()
    reached_at = models.DateTimeField()
    place = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True, blank=True)
    rank_low = models.PositiveIntegerField(null=True, blank=True)
    rank_high = models.PositiveIntegerField(null=True, blank=True)
    format = models.CharField(max_length=11)
    ece = models.FloatField(null=True, blank=True)
    latency_ms_per_row = models.FloatField(null=True, blank=True)
    peak_memory_bytes = models.BigIntegerField(null=True, blank=True)
    device = models.CharField(max_length=100, blank=True)
    submission_count = models.PositiveIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_boardrow_finite",
                condition=Q(merit__gt=-math.inf, merit__lt=math.inf),
            ),
            models.CheckConstraint(
                name="contests_boardrow_merit_is_score",
                condition=Q(merit=F("score")) | Q(merit=-F("score")),
            ),
            models.CheckConstraint(
                name="contests_boardrow_rank_within_bounds",
                condition=Q(
                    is_baseline=True,
                    rank__isnull=True,
                    rank_low__isnull=True,
                    rank_high__isnull=True,
                )
                | Q(
                    is_baseline=False,
                    rank__isnull=False,
                    rank_low__gte=1,
                    rank_low__lte=F("rank"),
                    rank_high__gte=F("rank"),
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_boardrow_order", fields=["contest", "place", "id"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.name}: {self.score:.4g}"
