"""Hosts' scoring programs by version, what they printed, and imports of bundles."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.storage.models import Blob
from training.contests.models.contests import Contest
from training.contests.models.phases import ContestPhase
from training.contests.models.submissions import Attempt
from training.runs.models import Run


class Convention(models.TextChoices):
    """How a program is called; see `training.contests.importers.Convention`."""

    CODABENCH = "CODABENCH", _("Codabench and CodaLab")
    EVALAI = "EVALAI", _("EvalAI")


class ScoringProgram(models.Model):
    """What scores a contest's submissions under one scorer version; never changed.

    `columns` are those of `training.contests.importers.Column` as mappings, the one
    that ranks first. A new program is a new version, which re-scoring brings in. A phase
    with a board of its own has a program of its own.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="programs")
    phase = models.ForeignKey(
        ContestPhase, models.CASCADE, null=True, blank=True, related_name="programs"
    )
    scorer_version = models.PositiveIntegerField()
    convention = models.CharField(max_length=9, choices=Convention.choices)
    codename = models.CharField(max_length=100, blank=True)
    columns = models.JSONField()
    time_limit_seconds = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_scoringprogram_once_per_version",
                fields=["contest", "scorer_version"],
                condition=Q(phase__isnull=True),
            ),
            models.UniqueConstraint(
                name="contests_scoringprogram_once_per_phase",
                fields=["phase", "scorer_version"],
            ),
            models.CheckConstraint(
                name="contests_scoringprogram_convention_known",
                condition=Q(convention__in=Convention.values),
            ),
            models.CheckConstraint(
                name="contests_scoringprogram_has_time",
                condition=Q(time_limit_seconds__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"program {self.scorer_version} of {self.contest}"


class ProgramTask(models.Model):
    """One thing that a program scores: the program's zip, the labels, the inputs.

    `reference` and `inputs` keep their names, since programs look for files by name.
    """

    program = models.ForeignKey(ScoringProgram, models.CASCADE, related_name="tasks")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    scoring = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    ingestion = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    reference = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    reference_name = models.CharField(max_length=200, blank=True)
    inputs = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    inputs_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                name="contests_programtask_place_once", fields=["program", "position"]
            ),
            models.CheckConstraint(
                name="contests_programtask_reference_named",
                condition=Q(reference__isnull=True, reference_name="")
                | Q(reference__isnull=False) & ~Q(reference_name=""),
            ),
            models.CheckConstraint(
                name="contests_programtask_inputs_named",
                condition=Q(inputs__isnull=True, inputs_name="")
                | Q(inputs__isnull=False) & ~Q(inputs_name=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProgramOutput(models.Model):
    """What a program printed and drew beside the labels: for the host alone."""

    attempt = models.OneToOneField(
        Attempt, models.CASCADE, related_name="program_output"
    )
    log = models.TextField(blank=True)
    details = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"output of {self.attempt}"


class BundleImport(models.Model):
    """A bundle that somebody handed in to become a contest, and what came of it.

    `report` is a list of [field, fate, remark], see `training.contests.importers.Note`.
    The contest hangs on `contests`; imports of old made one of each phase.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="bundle_imports")
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=80)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    run = models.OneToOneField(Run, models.PROTECT, related_name="bundle_import")
    format = models.CharField(max_length=20, blank=True)
    report = models.JSONField(default=list, blank=True)
    contests = models.ManyToManyField(Contest, related_name="bundle_imports")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                name="contests_bundleimport_own", fields=["owner", "-created_at", "-id"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} as {self.slug}"
