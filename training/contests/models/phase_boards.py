"""The boards of phases that are scored apart, kept like that of the contest."""

import math

from django.db import models
from django.db.models import F, Q

from training.contests.models.entrants import Entrant
from training.contests.models.phases import ContestPhase
from training.contests.models.submissions import Attempt, Submission


class PhaseRow(models.Model):
    """A team's best in a phase with a truth of its own; see `BoardRow` for the rest.

    No purse hangs on it, and it is never frozen by itself.
    """

    phase = models.ForeignKey(ContestPhase, models.CASCADE, related_name="board")
    entrant = models.ForeignKey(Entrant, models.CASCADE, related_name="phase_rows")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="+")
    is_baseline = models.BooleanField()
    score = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    merit = models.FloatField()
    reached_at = models.DateTimeField()
    place = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True, blank=True)
    rank_low = models.PositiveIntegerField(null=True, blank=True)
    rank_high = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_phaserow_once", fields=["phase", "entrant"]
            ),
            models.CheckConstraint(
                name="contests_phaserow_finite",
                condition=Q(merit__gt=-math.inf, merit__lt=math.inf),
            ),
            models.CheckConstraint(
                name="contests_phaserow_merit_is_score",
                condition=Q(merit=F("score")) | Q(merit=-F("score")),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_phaserow_order", fields=["phase", "place", "id"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.entrant}: {self.score:.4g}"
