"""Gates: what is asked of those who want a repository's bytes, and who asked."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User
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
    PENDING = "PENDING", _("Waiting")
    ACCEPTED = "ACCEPTED", _("Accepted")
    REJECTED = "REJECTED", _("Turned down")
    REVOKED = "REVOKED", _("Revoked")


CLOSED = [AccessState.REJECTED, AccessState.REVOKED]  # and may be asked again


class AccessRequest(models.Model):
    """One person before one gate, or one organisation, for whom `user` asks.

    `answers` are by the label of each field; `attempt` counts how often they asked, and
    what was asked and answered before is in `rounds`. `decided_by` is nobody where the
    gate opens by itself; `told_at` is when who asked was last written to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="access_requests", db_index=False
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="access_requests")
    organisation = models.ForeignKey(
        Organisation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="access_requests",
    )
    attempt = models.PositiveIntegerField(default=1, db_default=1)
    state = models.CharField(max_length=8, choices=AccessState.choices)
    answers = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    is_final = models.BooleanField(default=False, db_default=False)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_accessrequest_once",
                fields=["repository", "user"],
                condition=Q(organisation__isnull=True),
            ),
            UniqueConstraint(
                name="catalog_accessrequest_once_per_organisation",
                fields=["repository", "organisation"],
                condition=Q(organisation__isnull=False),
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
                name="catalog_accessrequest_reason_of_refusal",
                condition=Q(state__in=CLOSED) | Q(reason="", is_final=False),
            ),
            CheckConstraint(
                name="catalog_accessrequest_attempts_from_one",
                condition=Q(attempt__gte=1),
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
        return f"{self.asker} before {self.repository_id}: {self.state}"

    @property
    def asker(self) -> str:
        """The name of whom it is for: the person, or the organisation."""
        asked = self.organisation
        return asked.namespace.name if asked else self.user.username

    @property
    def is_waiting(self) -> bool:
        return self.state == AccessState.PENDING

    @property
    def may_be_asked_again(self) -> bool:
        return self.state in CLOSED and not self.is_final


class AccessRound(models.Model):
    """What a request said before it said something else: asked and decided that once."""

    request = models.ForeignKey(AccessRequest, models.CASCADE, related_name="rounds")
    attempt = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=AccessState.choices)
    answers = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_accessround_was_decided",
                condition=Q(state__in=AccessState.values)
                & ~Q(state=AccessState.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}, {self.attempt}: {self.state}"
