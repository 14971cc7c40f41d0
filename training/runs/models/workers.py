"""What workers say of themselves, and the workers that hosts bring."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from marketplace.accounts.models import Namespace, User
from training.runs.models.lanes import Lane

WORKER_SILENT_AFTER = timedelta(minutes=2)
OWN_WORKER = "site:"  # what a run names one by
BROUGHT = ("sites",)  # queues that only workers of hosts serve, never the broker


class WorkerReport(models.Model):
    """What one worker says of itself at its start and every half minute.

    `offers` are what it has and others need not: "autogluon.tabular 1.6", its graphics
    cards with memory and CUDA, and the providers of its onnxruntime.
    """

    hostname = models.CharField(max_length=200, primary_key=True)
    queues = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    concurrency = models.PositiveSmallIntegerField()
    offers = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    sandbox = models.CharField(max_length=100)
    is_safe = models.BooleanField()
    reasons = ArrayField(models.TextField(), default=list, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="runs_workerreport_seen_after_start",
                condition=Q(seen_at__gte=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hostname}: {self.sandbox}"


class BroughtWorker(models.Model):
    """A worker of a host's own, which asks for work over HTTPS with a token.

    It may run what waits in `lane`, or without one in any lane of `namespace`; nothing
    else. Of the token a digest is kept, and `hint` to know it by.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="workers")
    lane = models.ForeignKey(
        Lane, models.PROTECT, null=True, blank=True, related_name="workers"
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="runs_broughtworker_named", condition=~Q(name="")
            ),
            models.CheckConstraint(
                name="runs_broughtworker_revoked_after",
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("made_at")),
            ),
        ]
        indexes = [
            models.Index(
                name="runs_broughtworker_of", fields=["namespace", "-made_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def label(self) -> str:
        """What a run that it works on names as its worker."""
        return f"{OWN_WORKER}{self.pk}"
