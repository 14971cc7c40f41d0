"""Gates: what is asked of those who want a repository's bytes, and who asked."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from marketplace.accounts.models import User
from marketplace.catalog.models.repositories import Repository


class Gate(models.Model):
    """What the card says at the gate, and what it asks: fields as `cards` reads them."""

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="gate"
    )
    heading = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    button = models.CharField(max_length=100, blank=True)
    fields = models.JSONField(default=list)
    owners_told_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.repository_id)


class AccessState(models.TextChoices):
    PENDING = "PENDING", "Waiting"
    ACCEPTED = "ACCEPTED", "Accepted"
    REJECTED = "REJECTED", "Turned down"


class AccessRequest(models.Model):
    """One person before one gate. `answers` are by the label of each field.

    `decided_by` is nobody where the gate opens by itself; `told_at` is when who asked
    was last written to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="access_requests", db_index=False
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="access_requests")
    state = models.CharField(max_length=8, choices=AccessState.choices)
    answers = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_accessrequest_once", fields=["repository", "user"]
            ),
            CheckConstraint(
                name="catalog_accessrequest_state_known",
                condition=Q(state__in=AccessState.values),
            ),
            CheckConstraint(
                name="catalog_accessrequest_decided_or_pending",
                condition=Q(
                    state=AccessState.PENDING,
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | (~Q(state=AccessState.PENDING) & Q(decided_at__isnull=False)),
            ),
            CheckConstraint(
                name="catalog_accessrequest_reason_of_rejection",
                condition=Q(state=AccessState.REJECTED) | Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_accessrequest_listing",
                fields=["repository", "state", "asked_at", "id"],
            ),
            models.Index(
                name="catalog_accessrequest_waiting",
                fields=["repository"],
                condition=Q(state=AccessState.PENDING),
            ),
            models.Index(
                name="catalog_accessrequest_to_tell",
                fields=["decided_at"],
                condition=Q(decided_by__isnull=False)
                & (Q(told_at__isnull=True) | Q(told_at__lt=F("decided_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} before {self.repository_id}: {self.state}"
