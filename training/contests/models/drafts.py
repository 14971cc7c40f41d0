"""Contests on their way: a table of a dataset, looked at, cut, and then opened."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.storage.models import Blob
from training.contests.models.contests import Contest, Task
from training.cutting import CutFacts, CutPlan, TableFacts

_CUT_FILES = ("training", "inputs", "truth")


class DraftState(models.TextChoices):
    LOOKING = "LOOKING", _("The table is being looked at")
    CHOOSING = "CHOOSING", _("Waits for your choice")
    CUTTING = "CUTTING", _("The table is being cut")
    READY = "READY", _("Ready to open")
    FAILED = "FAILED", _("Could not be done")
    OPENED = "OPENED", _("Opened")


AT_WORK = (DraftState.LOOKING, DraftState.CUTTING)


class ContestDraft(models.Model):
    """A contest that its host is making from a table of a dataset.

    A worker looks at `table` (a file of the dataset at the time, so that later commits
    change nothing) and tells its `facts`, `training.cutting.TableFacts` as JSON; the host
    decides a `plan`; a worker cuts three files and tells `cut_facts`. While a worker has
    it, `begun_at` says since when; `tries` counts how often one began this step. `fault`
    says why a step failed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey(User, models.CASCADE, related_name="contest_drafts")
    dataset = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    path = models.CharField(max_length=1000)
    table = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=8, choices=DraftState.choices, default=DraftState.LOOKING
    )
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    fault = models.CharField(max_length=2000, blank=True)
    facts = models.JSONField(null=True, blank=True)
    plan = models.JSONField(null=True, blank=True)
    cut_facts = models.JSONField(null=True, blank=True)
    training = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    inputs = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    truth = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    contest = models.OneToOneField(
        Contest, models.SET_NULL, null=True, blank=True, related_name="draft"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_contestdraft_state_known",
                condition=Q(state__in=DraftState.values),
            ),
            models.CheckConstraint(
                name="contests_contestdraft_failed_with_reason",
                condition=~Q(state=DraftState.FAILED) | ~Q(fault=""),
            ),
            models.CheckConstraint(
                name="contests_contestdraft_cut_by_plan",
                condition=~Q(state__in=[DraftState.CUTTING, DraftState.READY])
                | Q(plan__isnull=False, facts__isnull=False),
            ),
            models.CheckConstraint(
                name="contests_contestdraft_ready_with_files",
                condition=~Q(state=DraftState.READY)
                | Q(
                    **{f"{name}__isnull": False for name in (*_CUT_FILES, "cut_facts")}
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_contestdraft_waiting",
                fields=["asked_at"],
                condition=Q(state__in=AT_WORK),
            ),
            models.Index(
                name="contests_contestdraft_own", fields=["host", "-asked_at", "-id"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path}: {self.get_state_display()}"

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def table_facts(self) -> TableFacts | None:
        return None if self.facts is None else TableFacts.from_json(self.facts)

    @property
    def cut_plan(self) -> CutPlan | None:
        return None if self.plan is None else CutPlan.from_json(self.plan)

    @property
    def outcome(self) -> CutFacts | None:
        return None if self.cut_facts is None else CutFacts.from_json(self.cut_facts)

    @property
    def task(self) -> Task | None:
        """The kind of task the cut is for, once the host has chosen."""
        plan, facts = self.cut_plan, self.table_facts
        if plan is None or facts is None:
            return None
        if not plan.has_classes:
            return Task.REGRESSION
        target = next(one for one in facts.columns if one.name == plan.target)
        return Task.BINARY if target.distinct == 2 else Task.MULTICLASS

    def said(self) -> dict[str, Any]:
        """Return what the cut has settled of a contest: its task and columns, by name."""
        if (made := self.outcome) is None:
            return {}
        names = ("id_column", "target_column", "split_column")
        return {"task": self.task, **dict(zip(names, made.columns, strict=True))}
