"""Reports: of which model, what was found, and whether it may be put to use."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.storage.models import Blob
from training.figures.gates import Finding, Verdict
from training.runs.models import Run

DIGEST_CHARACTERS = 64


class State(models.TextChoices):
    """How a model stands. Only what is cleared is put to use."""

    UNCHECKED = "UNCHECKED", _("Unchecked")
    CHECKED = "CHECKED", _("Checked, not cleared")
    CLEARED = "CLEARED", _("Cleared")
    BLOCKED = "BLOCKED", _("Blocked")


class Origin(models.TextChoices):
    STUDIO = "STUDIO", _("Trained in the studio")
    BROUGHT = "BROUGHT", _("Brought by its owner")


class Report(models.Model):
    """One look at one model.

    `files` are the digests of those files that decide what the model answers, by path;
    a version of `repository` that has them all is what the report is of, and `revision`
    is the first. `origin_id` is the row of another room that the model came from.
    `asked` says what was to be measured (`training.figures.asked`) on which rows: those
    of `test`, with `learning` to compare, or those of `table`; `newer` is the table that
    has come in place of the one learnt from. `figures` (`training.figures.schema`) and
    `findings`, a list of `training.figures.gates.Finding`, are there once it is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="model_reports")
    title = models.CharField(max_length=200)
    repository = models.ForeignKey(
        Repository,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reports_on_model",
    )
    revision = models.CharField(max_length=40, blank=True)
    files = models.JSONField(default=dict, blank=True)
    origin = models.CharField(max_length=7, choices=Origin.choices)
    origin_id = models.UUIDField(null=True, blank=True, db_index=True)
    run = models.OneToOneField(Run, models.PROTECT, related_name="report")
    asked_at = models.DateTimeField()

    asked = models.JSONField()
    model = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    learning = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    test = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    table = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    newer = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    dataset = models.ForeignKey(
        Repository, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    state = models.CharField(
        max_length=9, choices=State.choices, default=State.UNCHECKED
    )
    figures = models.JSONField(null=True, blank=True)
    findings = models.JSONField(default=list, blank=True)
    thresholds = models.JSONField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    override_reason = models.TextField(blank=True)
    overridden_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    overridden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reports_report_state_known", condition=Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="reports_report_origin_known",
                condition=Q(origin__in=Origin.values),
            ),
            models.CheckConstraint(
                name="reports_report_checked_by_figures",
                condition=Q(
                    state=State.UNCHECKED,
                    figures=None,
                    thresholds=None,
                    checked_at=None,
                )
                | ~Q(state=State.UNCHECKED)
                & Q(
                    figures__isnull=False,
                    thresholds__isnull=False,
                    checked_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="reports_report_overridden_with_reason",
                condition=Q(override_reason="", overridden_at=None)
                | ~Q(override_reason="") & Q(overridden_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reports_report_override_of_checked",
                condition=Q(overridden_at=None)
                | Q(state__in=[State.CHECKED, State.BLOCKED]),
            ),
        ]
        indexes = [
            models.Index(
                name="reports_report_own", fields=["owner", "-asked_at", "-id"]
            ),
            models.Index(
                name="reports_report_of", fields=["repository", "-checked_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_state_display()}"

    @property
    def told(self) -> list[Finding]:
        return [Finding.model_validate(each) for each in self.findings]

    @property
    def reasons(self) -> list[str]:
        """Return why it is blocked, in sentences."""
        return [one.told for one in self.told if one.verdict == Verdict.VIOLATED]

    @property
    def is_overridden(self) -> bool:
        return self.overridden_at is not None

    @property
    def is_deployable(self) -> bool:
        return self.state == State.CLEARED or self.is_overridden
