"""Contests: what is asked, when, of whom, and who may enter."""

import hashlib
import uuid
from datetime import UTC, datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models import Purse
from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Repository
from marketplace.storage.models import Blob

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Task(models.TextChoices):
    BINARY = "BINARY", _("Tell two classes apart")
    MULTICLASS = "MULTICLASS", _("Tell several classes apart")
    MULTILABEL = "MULTILABEL", _("Give any number of labels")
    REGRESSION = "REGRESSION", _("Predict a number")
    FORECAST = "FORECAST", _("Forecast series")
    SURVIVAL = "SURVIVAL", _("Predict the time to an event")
    RANKING = "RANKING", _("Put rows in order")
    RETRIEVAL = "RETRIEVAL", _("Find documents for queries")
    SEGMENTATION = "SEGMENTATION", _("Mark pixels of pictures")
    DETECTION = "DETECTION", _("Find boxes in pictures")
    TEXT = "TEXT", _("Write text")
    SPEECH = "SPEECH", _("Transcribe speech")
    PROGRAM = "PROGRAM", _("What the host's program scores")
    SEVERAL = "SEVERAL", _("Several tasks")


WITH_CLASSES = [Task.MULTILABEL, Task.FORECAST, Task.SEGMENTATION, Task.DETECTION]
WITHOUT_CLASSES = [
    Task.REGRESSION,
    Task.RANKING,
    Task.RETRIEVAL,
    Task.TEXT,
    Task.SPEECH,
    Task.PROGRAM,
    Task.SEVERAL,
]


class Format(models.TextChoices):
    PREDICTIONS = "PREDICTIONS", _("Predictions (table)")
    ONNX = "ONNX", _("Model (ONNX)")
    SAFETENSORS = "SAFETENSORS", _("Model (safetensors)")
    SKOPS = "SKOPS", _("Model (skops)")
    TORCHSCRIPT = "TORCHSCRIPT", _("Model (TorchScript)")
    PT2 = "PT2", _("Model (torch.export)")
    STATE_DICT = "STATE_DICT", _("Model (state dict)")
    CODE = "CODE", _("Code (zip or notebook)")


TORCH_PROGRAMS = (  # may run code of their own when loaded
    Format.TORCHSCRIPT,
    Format.PT2,
    Format.STATE_DICT,
)


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC", _("Everyone")
    PRIVATE = "PRIVATE", _("Members of the namespace")


class Registration(models.TextChoices):
    """Who may enter; whoever holds an invitation may in any case."""

    OPEN = "OPEN", _("Everyone who sees it")
    APPROVED = "APPROVED", _("Whom the hosts let in")
    DOMAIN = "DOMAIN", _("People with an e-mail address of certain domains")
    INVITED = "INVITED", _("Whom the hosts invite")


MOST_IN_A_TEAM = 50


class Phase(models.TextChoices):
    """Where a contest stands in time; told by its dates and purse, so never stored."""

    UPCOMING = "UPCOMING", _("Not yet open")
    OPEN = "OPEN", _("Open")
    CLOSED = "CLOSED", _("Closed")


class ContestQuerySet(models.QuerySet["Contest"]):
    def in_phase(self, phase: Phase, *, at: datetime) -> "ContestQuerySet":
        is_shut = Q(starts_at__gt=at) | (
            Q(purse__isnull=False, purse__closed_at__isnull=True)
            & (Q(purse__held_since__isnull=True) | Q(purse__held_since__gt=at))
        )
        goes_on = Q(ends_at__gt=at) | Q(ends_at__isnull=True)
        return self.filter(
            {
                Phase.UPCOMING: is_shut & goes_on,
                Phase.OPEN: ~is_shut & goes_on,
                Phase.CLOSED: Q(ends_at__lte=at),
            }[phase]
        )


class RankingScheme(models.TextChoices):
    """By what a board ranks; see `training.leaderboards.columns.Scheme`."""

    SCORE = "SCORE", _("The metric of the contest")
    LEXICOGRAPHIC = "LEXICOGRAPHIC", _("Columns, one after the other")
    MEAN_RANK = "MEAN_RANK", _("The mean of the ranks in several columns")


class Contest(models.Model):
    """A question put to everyone: predict what the host holds back.

    `truth` is a CSV file of ids and labels, `inputs` one of ids and features, `training`
    one of both to learn from, where the contest was cut from a table. Rows of
    the truth that say "private" in `split_column` are scored apart and not shown.
    `scorer_version` is what the board shows; a re-scoring prepares `pending_version`
    against `pending_truth` until the host publishes it. `board_version` counts changes
    of the board, for caches. A contest with a `purse` opens once that lies in escrow;
    from `frozen_at` on its board changes no more, and prizes are paid from it. Where it
    `is_guarded`, a public score shows only if it is better than chance explains. The
    winners of a frozen board are scored once more as `check_version`. From `released_at`
    on everyone sees the private scores; until `board_hidden_until` hosts alone see its
    board. Where the task is PROGRAM, the host's `programs`
    score, and `truth` is the first one's labels.

    Teams have at most `max_team_size` people; 1 means that everyone competes alone. One
    without `ends_at` is a benchmark, which never closes by itself. `daily_limit` and
    `total_limit` are of the contest unless it has phases, which have their own. After
    the end, `allows_practice` lets submissions in that are scored and not ranked. The
    labels of one that `is_federated` lie at its `sites` and never come here; `truth` is
    then the manifest of what is told of them. Where the task is SEVERAL, `tasks` holds
    `training.contests.several.AskedTask`s as mappings, and `truth` and `inputs` are zips
    of one CSV file for each.

    `board_columns` are those of `training.leaderboards.columns.BoardColumn` as mappings
    that hosts chose to show beside the score; empty, the board shows some of its own.
    `subgroups` tells in which subgroup each id of `truth` is, by a column the hosts call
    `subgroup_title`; `subgroup_sizes` counts the public and the private rows of each.
    `reference_scores` are `training.contests.references.Reference`s as mappings.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    rules = models.TextField(blank=True)
    prizes = models.TextField(blank=True)
    host = models.ForeignKey(User, models.PROTECT, related_name="hosted_contests")
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="contests")
    dataset = models.ForeignKey(Repository, models.PROTECT, related_name="contests")

    task = models.CharField(max_length=12, choices=Task.choices)
    tasks = models.JSONField(default=list, blank=True)
    metric = models.CharField(max_length=100)
    greater_is_better = models.BooleanField()
    classes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    id_column = models.CharField(max_length=100, default="id")
    target_column = models.CharField(max_length=100, default="label")
    split_column = models.CharField(max_length=100, blank=True)
    row_count = models.PositiveIntegerField()
    truth = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    inputs = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    training = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    formats = ArrayField(models.CharField(max_length=11, choices=Format.choices))
    scorer_version = models.PositiveIntegerField(default=1)
    pending_version = models.PositiveIntegerField(null=True, blank=True)
    pending_truth = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    daily_limit = models.PositiveSmallIntegerField()
    total_limit = models.PositiveIntegerField(null=True, blank=True)
    allows_practice = models.BooleanField(default=False)
    inputs_hidden_until = models.DateTimeField(null=True, blank=True)
    board_hidden_until = models.DateTimeField(null=True, blank=True)
    visibility = models.CharField(
        max_length=7, choices=Visibility.choices, default=Visibility.PUBLIC
    )
    registration = models.CharField(
        max_length=8, choices=Registration.choices, default=Registration.OPEN
    )
    email_domains = ArrayField(
        models.CharField(max_length=253), default=list, blank=True
    )
    max_team_size = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    ranking = models.CharField(
        max_length=13, choices=RankingScheme.choices, default=RankingScheme.SCORE
    )
    board_columns = models.JSONField(default=list, blank=True)
    reference_scores = models.JSONField(default=list, blank=True)
    subgroups = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    subgroup_title = models.CharField(max_length=100, blank=True)
    subgroup_sizes = models.JSONField(default=dict, blank=True)
    board_version = models.PositiveBigIntegerField(default=0)
    purse = models.OneToOneField(
        Purse, models.PROTECT, null=True, blank=True, related_name="contest"
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    is_guarded = models.BooleanField(default=False)
    is_federated = models.BooleanField(default=False)
    check_version = models.PositiveIntegerField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    objects = ContestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_contest_slug_plain", condition=Q(slug__regex=SLUG)
            ),
            models.CheckConstraint(
                name="contests_contest_visibility_known",
                condition=Q(visibility__in=Visibility.values),
            ),
            models.CheckConstraint(
                name="contests_contest_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="contests_contest_daily_limit_positive",
                condition=Q(daily_limit__gte=1),
            ),
            models.CheckConstraint(
                name="contests_contest_registration_known",
                condition=Q(registration__in=Registration.values),
            ),
            models.CheckConstraint(
                name="contests_contest_domains_if_they_decide",
                condition=~Q(registration=Registration.DOMAIN)
                | Q(email_domains__len__gte=1),
            ),
            models.CheckConstraint(
                name="contests_contest_team_size_sane",
                condition=Q(max_team_size__gte=1, max_team_size__lte=MOST_IN_A_TEAM),
            ),
            models.CheckConstraint(
                name="contests_contest_total_limit_positive",
                condition=Q(total_limit__isnull=True) | Q(total_limit__gte=1),
            ),
            models.CheckConstraint(
                name="contests_contest_ranking_known",
                condition=Q(ranking=RankingScheme.SCORE)
                | Q(ranking__in=RankingScheme.values) & ~Q(board_columns=[]),
            ),
            models.CheckConstraint(
                name="contests_contest_subgroups_have_sizes",
                condition=Q(subgroups__isnull=True, subgroup_sizes={})
                | Q(subgroups__isnull=False) & ~Q(subgroup_sizes={}),
            ),
            models.CheckConstraint(
                name="contests_contest_has_rows",
                condition=Q(row_count__gte=1) | Q(task=Task.PROGRAM),
            ),
            models.CheckConstraint(
                name="contests_contest_formats_known",
                condition=Q(formats__len__gte=1, formats__contained_by=Format.values),
            ),
            models.CheckConstraint(
                name="contests_contest_models_need_inputs",
                condition=Q(inputs__isnull=False)
                | Q(formats__contained_by=[Format.PREDICTIONS])
                | Q(task=Task.PROGRAM)
                | Q(is_federated=True),
            ),
            models.CheckConstraint(
                name="contests_contest_classes_fit_task",
                condition=Q(task__in=WITHOUT_CLASSES, classes__len=0)
                | Q(task=Task.BINARY, classes__len=2)
                | Q(task=Task.MULTICLASS, classes__len__gte=2)
                | Q(task__in=WITH_CLASSES, classes__len__gte=1)
                | Q(task=Task.SURVIVAL),
            ),
            models.CheckConstraint(
                name="contests_contest_tasks_if_several",
                condition=Q(task=Task.SEVERAL) & ~Q(tasks=[])
                | ~Q(task=Task.SEVERAL) & Q(tasks=[]),
            ),
            models.CheckConstraint(
                name="contests_contest_pending_is_newer",
                condition=Q(pending_version__isnull=True, pending_truth__isnull=True)
                | Q(
                    pending_version__gt=F("scorer_version"),
                    pending_truth__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="contests_contest_frozen_after_end",
                condition=Q(frozen_at__isnull=True)
                | Q(frozen_at__gte=F("ends_at"), pending_version__isnull=True),
            ),
            models.CheckConstraint(
                name="contests_contest_released_after_frozen",
                condition=Q(released_at__isnull=True)
                | Q(frozen_at__isnull=False, released_at__gte=F("frozen_at")),
            ),
        ]
        indexes = [
            models.Index(name="contests_contest_newest", fields=["-created_at", "-id"]),
            GinIndex(
                SearchVector("title", "summary", config="english"),
                name="contests_contest_words",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def rules_sha256(self) -> str:
        """What an entrant accepts, so that a change of rules is noticed."""
        return hashlib.sha256(self.rules.encode()).hexdigest()

    @property
    def end_said(self) -> str:
        """The end as people read it, in UTC."""
        if self.ends_at is None:
            return "never"
        return f"{self.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended; a benchmark never has."""
        return self.ends_at is not None and now >= self.ends_at

    def hides_board(self, now: datetime) -> bool:
        """Whether hosts alone see the board yet."""
        return self.board_hidden_until is not None and now < self.board_hidden_until

    def phase_at(self, now: datetime) -> Phase:
        if self.is_over(now):
            return Phase.CLOSED
        waits = self.purse is not None and self.purse.keeps_shut(now)
        return Phase.UPCOMING if waits or now < self.starts_at else Phase.OPEN
