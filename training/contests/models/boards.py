"""The board, kept: one row for each entrant, and what it was before it changed."""

import math

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.storage.models import Blob
from training.contests.models.contests import Contest
from training.contests.models.entrants import Entrant
from training.contests.models.phases import ContestPhase
from training.contests.models.submissions import Attempt, Submission


class Ranked(models.Model):
    """What a row says of the ranks that it may truly have."""

    rank_low: int | None
    rank_high: int | None
    p_above = models.FloatField(null=True, blank=True)
    tie_low = models.PositiveIntegerField(null=True, blank=True)
    tie_high = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def best_rank(self) -> int | None:
        """The best rank it may truly have, by the sharper comparison if there is one."""
        return self.rank_low if self.tie_low is None else self.tie_low

    @property
    def worst_rank(self) -> int | None:
        return self.rank_high if self.tie_high is None else self.tie_high


class BoardRow(Ranked):
    """An entrant's best submission and where it stands.

    `merit` is the score with its sign turned so that more is better. `place` orders the
    rows of a board, 1 first; `rank` counts entrants and leaves baselines out (null).
    `rank_low` and `rank_high` bound the rank: who lies between has an interval that
    overlaps this one's. `tie_low` and `tie_high` are the same by a paired comparison of
    losses, sharper, for the first of the board, and `p_above` is the chance that the row
    above is no better; they come a moment after the scores. `columns` holds what the row
    shows in the contest's columns, hidden ones too, as `[value, low, high]` by key, and
    `mean_rank` that in those that rank, where the contest ranks by it. Once the contest
    is frozen, no more than who is shown and who is disqualified may change; a trigger
    holds that.
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
    columns = models.JSONField(default=dict, blank=True)
    mean_rank = models.FloatField(null=True, blank=True)
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


class Verdict(models.Model):
    """What entrants are told of a public score on a guarded board, once it is there.

    `question` counts everything that anyone has asked of the contest's hidden rows. What
    is accepted is shown as `value`, coarser than the exact score, and is what the
    entrant's next is held against; of the rest nothing is told. In a contest of several
    tasks each of them asks a question of its own, `question` is the last one's number,
    and `tasks` names those in which it was accepted: of the others nothing is told.
    """

    attempt = models.OneToOneField(
        Attempt, models.CASCADE, related_name="verdict", primary_key=True
    )
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="verdicts")
    question = models.PositiveIntegerField()
    is_accepted = models.BooleanField()
    against = models.ForeignKey(
        Attempt, models.PROTECT, related_name="+", help_text=_("What it had to beat.")
    )
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    tasks = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    considered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_verdict_question_once", fields=["contest", "question"]
            ),
            models.CheckConstraint(
                name="contests_verdict_shows_what_is_accepted",
                condition=Q(
                    is_accepted=True,
                    value__isnull=False,
                    low__lte=F("value"),
                    high__gte=F("value"),
                )
                | Q(
                    is_accepted=False,
                    value__isnull=True,
                    low__isnull=True,
                    high__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        told = "accepted" if self.is_accepted else "not told apart"
        return f"Question {self.question}: {told}"


class EditionKind(models.TextChoices):
    REPLACED = "REPLACED", _("Before a re-scoring")
    PRIVATE = "PRIVATE", _("Final, on the private rows")


class Edition(models.Model):
    """A board as it was, or as it is for good; never changed.

    `scorer_version` and `truth` say what it was scored by. That of a `phase` was the
    phase's own board.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="editions")
    phase = models.ForeignKey(
        ContestPhase, models.CASCADE, null=True, blank=True, related_name="editions"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=EditionKind.choices)
    scorer_version = models.PositiveIntegerField()
    truth = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_edition_numbered_once", fields=["contest", "number"]
            ),
            models.UniqueConstraint(
                name="contests_edition_final_once",
                fields=["contest", "kind"],
                condition=~Q(kind=EditionKind.REPLACED),
            ),
            models.CheckConstraint(
                name="contests_edition_kind_known",
                condition=Q(kind__in=EditionKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contest}, edition {self.number}"


class EditionRow(Ranked):
    """An entrant's place in an edition; who is named is looked up when it is read.

    `tie_low`, `tie_high` and `p_above` of the final one come a moment after it is made,
    from losses on the private rows. `columns` are as those of a `BoardRow`, of the rows
    that the edition is of.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="rows")
    entrant = models.ForeignKey(Entrant, models.CASCADE, related_name="+")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="+")
    score = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    place = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True, blank=True)
    rank_low = models.PositiveIntegerField(null=True, blank=True)
    rank_high = models.PositiveIntegerField(null=True, blank=True)
    mean_rank = models.FloatField(null=True, blank=True)
    columns = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_editionrow_once", fields=["edition", "entrant"]
            ),
            models.UniqueConstraint(
                name="contests_editionrow_place_once", fields=["edition", "place"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.score:.4g}"

    @property
    def board_rank(self) -> int | None:
        """The entrant's rank on the contest's board as it is, if they are on it."""
        if self.edition.phase_id is not None:
            return None
        row: BoardRow | None = getattr(self.entrant, "board_row", None)
        return row.rank if row else None

    @property
    def climbed(self) -> int | None:
        """How many ranks better than on the board; below 0, worse."""
        before = self.board_rank
        return None if before is None or self.rank is None else before - self.rank

    @property
    def fell(self) -> int:
        return max(-(self.climbed or 0), 0)
