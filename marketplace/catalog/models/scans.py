"""What was found in each content when it was looked into for what harms."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from marketplace.storage.models import Blob

LEASE = timedelta(minutes=15)


class ScanStatus(models.TextChoices):
    QUEUED = "QUEUED", _("Waiting to be looked into")
    SAFE = "SAFE", _("Nothing found")
    SUSPICIOUS = "SUSPICIOUS", _("Look before you load it")
    UNSAFE = "UNSAFE", _("Harms whoever loads it")
    ERROR = "ERROR", _("Could not be looked into")


class FileScanQuerySet(models.QuerySet["FileScan"]):
    def waiting(self, now: datetime) -> Self:
        """Those that nobody is looking into, or whose looker was lost."""
        free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
        return self.filter(free, status=ScanStatus.QUEUED)


class FileScan(models.Model):
    """The finding for one content, whichever files it is in.

    `suffix` is how one of them ends, if loaders take that for a pickle; `report` is a
    `scanning.report.Report`, and `scanner` says which one wrote it.
    """

    blob = models.OneToOneField(
        Blob, models.CASCADE, primary_key=True, related_name="scan"
    )
    suffix = models.CharField(max_length=8, blank=True)
    status = models.CharField(
        max_length=10, choices=ScanStatus.choices, default=ScanStatus.QUEUED
    )
    report = models.JSONField(default=dict, blank=True)
    scanner = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    scanned_at = models.DateTimeField(null=True, blank=True)

    objects = FileScanQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_filescan_status_known",
                condition=Q(status__in=ScanStatus.values),
            ),
            CheckConstraint(
                name="catalog_filescan_finding_has_time",
                condition=Q(status=ScanStatus.QUEUED) | Q(scanned_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_filescan_waiting",
                fields=["queued_at"],
                condition=Q(status=ScanStatus.QUEUED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blob_id}: {self.status}"
