"""Runs. A run's row is the truth, not the broker."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.kit.tracing import LONGEST, id_of
from training.runs.models.lanes import Lane


class RunStatus(models.TextChoices):
    QUEUED = "QUEUED", _("Waiting for a worker")
    RUNNING = "RUNNING", _("On a worker")
    SUCCEEDED = "SUCCEEDED", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")


LIVE = [RunStatus.QUEUED, RunStatus.RUNNING]
LOG_LINES = 200
IN_TURN = ("turn", "queued_at", "id")


class RunQuerySet(models.QuerySet["Run"]):
    def queued(self) -> "RunQuerySet":
        return self.filter(status=RunStatus.QUEUED)

    def due(self, at: datetime) -> "RunQuerySet":
        """Those queued whose id must go to the broker: never sent, or perhaps lost."""
        return self.queued().filter(due_at__lte=at)

    def in_broker(self, at: datetime) -> "RunQuerySet":
        """Those queued whose id was sent, and not so long ago that it may be lost."""
        return self.queued().filter(due_at__gt=at)

    def abandoned(self, at: datetime) -> "RunQuerySet":
        """Those whose worker has not renewed its lease in time."""
        return self.filter(status=RunStatus.RUNNING, lease_until__lt=at)

    def held(self, run_id: uuid.UUID, *, token: uuid.UUID) -> "RunQuerySet":
        """The run, if the worker that was given `token` still holds it."""
        return self.filter(pk=run_id, status=RunStatus.RUNNING, lease_token=token)


class Run(models.Model):
    """One piece of work for a worker.

    `lane` is what the fair queue takes turns over, such as one contest. Inside it those
    who wait are served by `turn`: `claimant`, an entrant or else the owner, gets one in
    each round. `due_at` is when the id must next go to the broker; it is never null, so
    no row can be missed. `stage` is how far it is while it runs. `failure_rows` are rows
    of the submitted file as `training.jobs.BadRow` says them. `trace` is the request that
    queued it, as `kit.tracing` writes it; no job is told of it. Once a
    `MonthOfUse` has it, it `is_metered`.

    `log_tail` holds lines of stages that cannot see the answers, `scorer_log_tail` those
    of the one that can; `log_lines` counts all that ever came into the first, so that
    who follows it knows what they have missed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=100)
    queue = models.CharField(max_length=40)
    owner = models.ForeignKey(User, models.PROTECT, related_name="runs")
    lane = models.ForeignKey(
        Lane, models.PROTECT, db_column="lane", db_index=False, related_name="runs"
    )
    claimant = models.CharField(max_length=60, blank=True)
    turn = models.PositiveBigIntegerField(default=0)
    status = models.CharField(
        max_length=9, choices=RunStatus.choices, default=RunStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)

    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    worker = models.CharField(max_length=200, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.FloatField(null=True, blank=True)
    log_tail = ArrayField(models.TextField(), default=list, blank=True)
    log_lines = models.PositiveBigIntegerField(default=0)
    scorer_log_tail = ArrayField(models.TextField(), default=list, blank=True)

    failure_code = models.CharField(max_length=60, blank=True)
    failure_stage = models.CharField(max_length=20, blank=True)
    failure_message = models.TextField(blank=True)
    failure_rows = models.JSONField(default=list, blank=True)
    failure_row_count = models.PositiveBigIntegerField(default=0)
    usage = models.JSONField(null=True, blank=True)
    trace = models.CharField(max_length=LONGEST, blank=True, default="", db_default="")
    is_metered = models.BooleanField(default=False, db_default=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="runs_run_status_known",
                condition=Q(status__in=RunStatus.values),
            ),
            models.CheckConstraint(
                name="runs_run_attempts_within_limit",
                condition=Q(attempts__lte=F("max_attempts"), max_attempts__gte=1),
            ),
            models.CheckConstraint(
                name="runs_run_leased_while_running",
                condition=Q(
                    status=RunStatus.RUNNING,
                    lease_token__isnull=False,
                    lease_until__isnull=False,
                    heartbeat_at__isnull=False,
                    started_at__isnull=False,
                    attempts__gte=1,
                )
                & ~Q(worker="")
                | ~Q(status=RunStatus.RUNNING)
                & Q(lease_token__isnull=True, lease_until__isnull=True),
            ),
            models.CheckConstraint(
                name="runs_run_not_started_while_queued",
                condition=~Q(status=RunStatus.QUEUED) | Q(started_at__isnull=True),
            ),
            models.CheckConstraint(
                name="runs_run_ended_was_started",
                condition=Q(started_at__isnull=False)
                | ~Q(status__in=[RunStatus.SUCCEEDED, RunStatus.FAILED]),
            ),
            models.CheckConstraint(
                name="runs_run_finished_unless_live",
                condition=Q(status__in=LIVE, finished_at__isnull=True)
                | ~Q(status__in=LIVE) & Q(finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="runs_run_failure_told",
                condition=Q(status=RunStatus.FAILED)
                & ~Q(failure_code="")
                & ~Q(failure_message="")
                | ~Q(status=RunStatus.FAILED) & Q(failure_code="", failure_message=""),
            ),
            models.CheckConstraint(
                name="runs_run_cancelled_on_request",
                condition=~Q(status=RunStatus.CANCELLED)
                | Q(cancel_requested_at__isnull=False),
            ),
            models.CheckConstraint(
                name="runs_run_no_cancel_while_queued",
                condition=~Q(status=RunStatus.QUEUED)
                | Q(cancel_requested_at__isnull=True),
            ),
            models.CheckConstraint(
                name="runs_run_progress_is_fraction",
                condition=Q(progress__isnull=True) | Q(progress__range=(0.0, 1.0)),
            ),
            models.CheckConstraint(
                name="runs_run_log_is_a_tail",
                condition=Q(
                    log_tail__len__lte=LOG_LINES, scorer_log_tail__len__lte=LOG_LINES
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="runs_run_turn",
                fields=["lane", *IN_TURN],
                condition=Q(status=RunStatus.QUEUED),
            ),
            models.Index(
                name="runs_run_claimant",
                fields=["lane", "claimant"],
                condition=Q(status__in=LIVE),
            ),
            models.Index(
                name="runs_run_due",
                fields=["due_at"],
                condition=Q(status=RunStatus.QUEUED),
            ),
            models.Index(
                name="runs_run_leases",
                fields=["lease_until"],
                condition=Q(status=RunStatus.RUNNING),
            ),
            models.Index(name="runs_run_own", fields=["owner", "-queued_at", "-id"]),
            models.Index(
                name="runs_run_unmetered",
                fields=["finished_at", "id"],
                condition=Q(is_metered=False, finished_at__isnull=False),
            ),
            models.Index(
                name="runs_run_failed",
                fields=["-finished_at"],
                condition=Q(status=RunStatus.FAILED),
            ),
            models.Index(
                name="runs_run_ended",
                fields=["queue", "-finished_at"],
                condition=Q(status=RunStatus.SUCCEEDED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}: {self.status}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def trace_id(self) -> str:
        """What log and traces name the request by that queued it; empty if none did."""
        return id_of(self.trace)

    @property
    def took(self) -> timedelta | None:
        """How long the last attempt worked, once it has ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at
