"""Jobs: what is to run, on which data, when; and each time that it ran."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.storage.models import Blob
from training.runs.models import Run

STANDARD = "standard"  # the environment that every installation has
LONGEST_ADDRESS = 193
LONGEST_PATH = 200


WEEKDAYS = (
    *(
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    ),
)


class SourceKind(models.TextChoices):
    NOTEBOOK = "NOTEBOOK", _("Notebook")
    SCRIPT = "SCRIPT", _("Python script")


class Schedule(models.TextChoices):
    """When a job runs by itself."""

    NEVER = "NEVER", _("Only when you start it")
    DAILY = "DAILY", _("Every day")
    WEEKLY = "WEEKLY", _("Every week")


class Job(models.Model):
    """One person's notebook or script, and how it runs.

    `version` counts its sources from 1. `parameters` are their defaults by name, as JSON;
    the type of each is that of what a run may give instead. Of a schedule `next_at` is
    when it runs next, none while it is paused; `at_time` is in `zone`, `weekday` 0 is
    Monday.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="jobs")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=SourceKind.choices)
    source = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    environment = models.CharField(max_length=60, default=STANDARD)
    parameters = models.JSONField(default=dict, blank=True)
    uses_gpu = models.BooleanField(default=False)
    minutes = models.PositiveIntegerField()
    memory_mib = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    edited_at = models.DateTimeField()

    schedule = models.CharField(
        max_length=6, choices=Schedule.choices, default=Schedule.NEVER
    )
    at_time = models.TimeField(null=True, blank=True)
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="notebooks_job_kind_known",
                condition=Q(kind__in=SourceKind.values),
            ),
            models.CheckConstraint(name="notebooks_job_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="notebooks_job_limits_positive",
                condition=Q(minutes__gte=1, memory_mib__gte=1, version__gte=1),
            ),
            models.CheckConstraint(
                name="notebooks_job_schedule_whole",
                condition=Q(
                    schedule=Schedule.NEVER,
                    at_time=None,
                    weekday=None,
                    zone="",
                    next_at=None,
                )
                | Q(schedule=Schedule.DAILY, at_time__isnull=False, weekday=None)
                & ~Q(zone="")
                | Q(schedule=Schedule.WEEKLY, at_time__isnull=False, weekday__lte=6)
                & ~Q(zone=""),
            ),
        ]
        indexes = [
            models.Index(name="notebooks_job_own", fields=["owner", "-made_at", "-id"]),
            models.Index(
                name="notebooks_job_due",
                fields=["next_at"],
                condition=Q(next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_notebook(self) -> bool:
        return self.kind == SourceKind.NOTEBOOK

    @property
    def weekday_name(self) -> str:
        return "" if self.weekday is None else str(WEEKDAYS[self.weekday])


class JobInput(models.Model):
    """A dataset that a job reads. `address` is where it was when it was chosen."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="inputs")
    dataset = models.ForeignKey(
        Repository, models.SET_NULL, null=True, related_name="+"
    )
    address = models.CharField(max_length=LONGEST_ADDRESS)
    revision = models.CharField(max_length=250)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notebooks_jobinput_once", fields=["job", "address"]
            )
        ]
        ordering = ["address"]

    def __str__(self) -> str:
        return f"{self.address}@{self.revision}"


class Execution(models.Model):
    """One run of a job, with what it ran as it was then.

    `notebook` is the executed one, `log` all that was kept of what it printed, `archive`
    its files as a ZIP; each is there once it has ended, if there is one.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="executions")
    number = models.PositiveIntegerField()
    run = models.OneToOneField(Run, models.PROTECT, related_name="execution")
    asked_at = models.DateTimeField()
    is_scheduled = models.BooleanField(default=False)
    kind = models.CharField(max_length=8, choices=SourceKind.choices)
    source = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    environment = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict, blank=True)
    uses_gpu = models.BooleanField()
    minutes = models.PositiveIntegerField()
    memory_mib = models.PositiveIntegerField()

    notebook = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    log = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    archive = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    published = models.ForeignKey(
        Repository, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notebooks_execution_number", fields=["job", "number"]
            ),
            models.CheckConstraint(
                name="notebooks_execution_numbered", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="notebooks_execution_only_notebooks_are_executed",
                condition=Q(notebook=None) | Q(kind=SourceKind.NOTEBOOK),
            ),
        ]
        ordering = [F("number").desc()]

    def __str__(self) -> str:
        return f"{self.job} #{self.number}"

    @property
    def is_notebook(self) -> bool:
        return self.kind == SourceKind.NOTEBOOK


class ExecutionInput(models.Model):
    """The version of a dataset that a run was given."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="inputs")
    dataset = models.ForeignKey(
        Repository, models.SET_NULL, null=True, related_name="+"
    )
    address = models.CharField(max_length=LONGEST_ADDRESS)
    oid = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notebooks_executioninput_once", fields=["execution", "address"]
            )
        ]
        ordering = ["address"]

    def __str__(self) -> str:
        return f"{self.address}@{self.oid[:8]}"


class OutputFile(models.Model):
    """A file that a run wrote to /out, by its path from there."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="files")
    path = models.CharField(max_length=LONGEST_PATH, db_collation="C")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notebooks_outputfile_path", fields=["execution", "path"]
            )
        ]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class EnvironmentReport(models.Model):
    """What a worker says may be imported in an environment: names with their versions."""

    name = models.CharField(max_length=60, primary_key=True)
    python = models.CharField(max_length=40)
    libraries = models.JSONField(default=list)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: Python {self.python}"
