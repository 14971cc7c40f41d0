"""What entrants hand in, each attempt to score it, and the scores."""

import math
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.storage.models import Blob
from training.contests.models.contests import Contest, Format
from training.contests.models.entrants import Entrant
from training.contests.models.phases import ContestPhase
from training.runs.models import Run


class Split(models.TextChoices):
    PUBLIC = "PUBLIC", _("Shown on the board")
    PRIVATE = "PRIVATE", _("Held back until the end")


class Submission(models.Model):
    """One file handed in, never changed; a withdrawn one is kept and not shown.

    Practice is what came after the end. It is scored and not ranked, and neither is what
    was handed in to a phase that does not count, or by a team with staff of this site.
    What the platform carried from one phase into the next says from where, and is charged
    to no quota. Where it was just made, `queued` are its attempts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, models.PROTECT, related_name="submissions")
    entrant = models.ForeignKey(Entrant, models.PROTECT, related_name="submissions")
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    format = models.CharField(max_length=11, choices=Format.choices)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True)
    submitted_at = models.DateTimeField()
    phase = models.ForeignKey(
        ContestPhase, models.PROTECT, null=True, blank=True, related_name="submissions"
    )
    carried_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_practice = models.BooleanField(default=False)
    is_ranked = models.BooleanField(default=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    queued: "list[Attempt] | tuple[()]" = ()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_submission_format_known",
                condition=Q(format__in=Format.values),
            ),
            models.CheckConstraint(
                name="contests_submission_practice_not_ranked",
                condition=Q(is_practice=False) | Q(is_ranked=False),
            ),
            models.CheckConstraint(
                name="contests_submission_withdrawn_after",
                condition=Q(withdrawn_at__isnull=True)
                | Q(withdrawn_at__gte=F("submitted_at")),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_submission_newest",
                fields=["contest", "-submitted_at", "-id"],
            ),
            models.Index(
                name="contests_submission_own",
                fields=["entrant", "-submitted_at", "-id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.get_format_display()})"

    @property
    def shown(self) -> "Attempt":
        """The attempt that counts: the published scorer's, else the newest."""
        attempts = sorted(self.attempts.all(), key=lambda each: -each.scorer_version)
        published = self.contest.scorer_version
        return next(
            (each for each in attempts if each.scorer_version == published), attempts[0]
        )


class Attempt(models.Model):
    """One scoring of a submission by one scorer version against one truth.

    `calibration` holds `training.jobs.CalibrationBin`s; `losses` one number a public row,
    for paired comparison of submissions, `private_losses` one a private row, which only
    the final edition is compared by; `software` the versions that scored, and the seed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="attempts")
    run = models.OneToOneField(Run, models.PROTECT, related_name="attempt")
    scorer_version = models.PositiveIntegerField()
    truth = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    predictions_sha256 = models.CharField(max_length=64, blank=True)
    row_count = models.PositiveIntegerField(null=True, blank=True)
    calibration = models.JSONField(default=list, blank=True)
    software = models.JSONField(default=dict, blank=True)
    losses = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    private_losses = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_attempt_once_per_scorer_and_truth",
                fields=["submission", "scorer_version", "truth"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission} by scorer {self.scorer_version}"

    @property
    def public_scores(self) -> list["Score"]:
        return self._scores(Split.PUBLIC)

    @property
    def private_scores(self) -> list["Score"]:
        return self._scores(Split.PRIVATE)

    def _scores(self, split: Split) -> list["Score"]:
        ordered = sorted(self.scores.all(), key=lambda score: score.pk)
        return [score for score in ordered if score.split == split]


class Score(models.Model):
    """One metric of one attempt with its 95 % interval; always a finite number."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="scores")
    split = models.CharField(max_length=7, choices=Split.choices, default=Split.PUBLIC)
    metric = models.CharField(max_length=100)
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_score_once", fields=["attempt", "split", "metric"]
            ),
            models.CheckConstraint(
                name="contests_score_split_known", condition=Q(split__in=Split.values)
            ),
            models.CheckConstraint(  # PostgreSQL holds NaN greater than infinity
                name="contests_score_finite",
                condition=Q(
                    value__gt=-math.inf,
                    value__lt=math.inf,
                    low__gt=-math.inf,
                    high__lt=math.inf,
                ),
            ),
            models.CheckConstraint(
                name="contests_score_inside_interval",
                condition=Q(low__lte=F("value"), value__lte=F("high")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.value:.4g}"


class SubgroupScores(models.Model):
    """The metric that ranks, in each subgroup of one attempt's rows.

    `told` holds `training.jobs.SubgroupScore`s, by the subgroups that there were then.
    """

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="subgroup_scores")
    split = models.CharField(max_length=7, choices=Split.choices)
    subgroups = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    told = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_subgroupscores_once", fields=["attempt", "split"]
            ),
            models.CheckConstraint(
                name="contests_subgroupscores_split_known",
                condition=Q(split__in=Split.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{len(self.told)} subgroups of {self.attempt}"
