"""Projects: what is to be predicted, what was tried, and what is kept."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.storage.models import Blob
from training.cutting import Sample, TableFacts
from training.learning import (
    LEARNERS,
    Candidate,
    ImageFacts,
    LearningPlan,
    holds_pictures,
)
from training.learning_curves import LearningCurve
from training.recalibration import Choice
from training.reports.models import Report
from training.runs.models import Run, RunStatus

BUDGETS = (60, 300, 900, 3600)  # seconds


class Step(models.TextChoices):
    """What a worker does for a project, one after the other."""

    LOOK = "LOOK", _("Look at the data")
    TRAIN = "TRAIN", _("Train")
    KEEP = "KEEP", _("Make the model")
    JUDGE = "JUDGE", _("Open the test")


class Project(models.Model):
    """One person's training on one table, or on one folder of pictures.

    `table` is a file of the dataset as it was then, so that later commits change nothing;
    of a folder of pictures it is a list of its contents until a worker has packed them.
    `run` does `step`, or did it last. What each step found stays when a later one is done
    over: `facts` (`training.cutting.TableFacts`, or `ImageFacts`), `plan` (of
    `training.learning`), `prepared` (what the rows are to learners) with the files
    `learning` and `test`, and the candidates; `checkpoint` is where a network that learns
    slice by slice goes on; training may wait for `starts_at`, and no run is queued until
    then; `curve` (of `training.learning_curves`) tells whether more rows would help.
    `weights` are those of the ensemble by candidate, `recommended` is the key of one of
    them or of the ensemble. `kept` is the key of which `model` was made, of `members` by
    weight; `types` are what its file names, `bundle` is the ZIP to take home, `policy` says
    of a model that judges people's words where it says yes, and whom it wrongs (of
    `training.runner.studio.judged_words`), and `recalibration` what is done to its
    probabilities (of `training.recalibration`). While `is_watched`, a report is asked for
    by itself when the dataset has moved on, at `watched_at` last; `watching` is that one
    until its owner is told. `test_scores` are there once the test was
    opened; that is done for one model only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="projects")
    dataset = models.ForeignKey(
        Repository, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    path = models.CharField(max_length=1000)
    table = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    step = models.CharField(max_length=5, choices=Step.choices, default=Step.LOOK)
    run = models.OneToOneField(Run, models.PROTECT, related_name="project")
    facts = models.JSONField(null=True, blank=True)

    plan = models.JSONField(null=True, blank=True)
    budget_seconds = models.PositiveIntegerField(default=BUDGETS[0])
    spent_seconds = models.FloatField(default=0.0)
    starts_at = models.DateTimeField(null=True, blank=True)
    prepared = models.JSONField(null=True, blank=True)
    learning = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    test = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    checkpoint = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    weights = models.JSONField(default=dict, blank=True)
    ensemble_scores = models.JSONField(null=True, blank=True)
    recommended = models.CharField(max_length=200, blank=True)
    beats_baseline = models.BooleanField(null=True, blank=True)
    curve = models.JSONField(null=True, blank=True)

    kept = models.CharField(max_length=200, blank=True)
    members = models.JSONField(default=list, blank=True)
    model = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    types = models.JSONField(default=list, blank=True)
    encoder = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    bundle = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    recalibration = models.JSONField(null=True, blank=True)
    policy = models.JSONField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    test_opened_at = models.DateTimeField(null=True, blank=True)
    test_scores = models.JSONField(null=True, blank=True)
    speed = models.JSONField(null=True, blank=True)
    published = models.ForeignKey(
        Repository, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_watched = models.BooleanField(default=True, db_default=True)
    watched_at = models.DateTimeField(null=True, blank=True)
    watching = models.ForeignKey(
        Report, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="studio_project_step_known", condition=Q(step__in=Step.values)
            ),
            models.CheckConstraint(
                name="studio_project_budget_positive",
                condition=Q(budget_seconds__gte=1),
            ),
            models.CheckConstraint(
                name="studio_project_prepared_with_files",
                condition=Q(prepared=None, learning=None, test=None)
                | Q(prepared__isnull=False, learning__isnull=False, test__isnull=False),
            ),
            models.CheckConstraint(
                name="studio_project_test_opened_for_model",
                condition=Q(test_opened_at=None) | Q(model__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="studio_project_own", fields=["owner", "-asked_at", "-id"]
            ),
            models.Index(
                name="studio_project_scheduled",
                fields=["starts_at"],
                condition=Q(starts_at__isnull=False),
            ),
            models.Index(
                name="studio_project_watched",
                fields=["watched_at", "id"],
                condition=Q(is_watched=True, test_opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path}: {self.get_step_display()}"

    @property
    def is_at_work(self) -> bool:
        return self.run.is_live

    @property
    def is_paused(self) -> bool:
        return self.step == Step.TRAIN and self.run.status == RunStatus.CANCELLED

    @property
    def table_facts(self) -> TableFacts | None:
        if self.facts is None or self.has_pictures:
            return None
        return TableFacts.from_json(self.facts)

    @property
    def sample(self) -> Sample | None:
        """What of a large table is learnt from and judged on, once it is prepared."""
        return Sample.from_json((self.prepared or {}).get("sample"))

    @property
    def has_pictures(self) -> bool:
        return holds_pictures(self.path)

    @property
    def image_facts(self) -> ImageFacts | None:
        if self.facts is None or not self.has_pictures:
            return None
        return ImageFacts.from_json(self.facts)

    @property
    def learning_plan(self) -> LearningPlan | None:
        return None if self.plan is None else LearningPlan.from_json(self.plan)

    @property
    def learning_curve(self) -> LearningCurve | None:
        return None if self.curve is None else LearningCurve.from_json(self.curve)

    @property
    def recalibration_choice(self) -> Choice:
        return Choice.model_validate(self.recalibration or {})

    @property
    def left_seconds(self) -> float:
        return max(self.budget_seconds - self.spent_seconds, 0.0)


class Trial(models.Model):
    """A candidate of a project once it was tried: fitted, or given up with a reason.

    `answers` are its answers to the rows it was not fitted to, `place` its turn. Of what
    cannot be kept, `predictions` are those answers as a CSV to take home.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="trials")
    key = models.CharField(max_length=200)
    learner = models.CharField(max_length=40)
    seed = models.BigIntegerField()
    settings = models.JSONField(default=list, blank=True)
    place = models.PositiveIntegerField()
    scores = models.JSONField(null=True, blank=True)
    answers = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    predictions = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    seconds = models.FloatField(default=0.0)
    ms_per_row = models.FloatField(default=0.0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    fault = models.CharField(max_length=1000, blank=True)
    tried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="studio_trial_once", fields=["project", "key"]
            ),
            models.CheckConstraint(
                name="studio_trial_fitted_or_told_why",
                condition=Q(scores__isnull=False, answers__isnull=False, fault="")
                | Q(scores=None, answers=None) & ~Q(fault=""),
            ),
        ]
        ordering = ["place"]

    def __str__(self) -> str:
        return self.key

    @property
    def candidate(self) -> Candidate:
        settings = tuple((str(name), float(value)) for name, value in self.settings)
        return Candidate(self.learner, self.seed, settings)

    @property
    def title(self) -> str:
        return LEARNERS[self.learner].title
