"""Who asks to enter a contest, and whom its hosts invite."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from marketplace.accounts.models import User
from training.contests.models.contests import Contest


class RequestState(models.TextChoices):
    WAITING = "WAITING", _("Waiting")
    ACCEPTED = "ACCEPTED", _("Let in")
    DECLINED = "DECLINED", _("Turned down")


class EntryRequest(models.Model):
    """Somebody asks to be let into a contest, having accepted its rules as they were."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="entry_requests")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    message = models.CharField(max_length=1000, blank=True)
    rules_sha256 = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=RequestState.choices, default=RequestState.WAITING
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_entryrequest_once", fields=["contest", "user"]
            ),
            models.CheckConstraint(
                name="contests_entryrequest_decided_by_someone",
                condition=Q(
                    state=RequestState.WAITING,
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | Q(
                    state__in=[RequestState.ACCEPTED, RequestState.DECLINED],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_entryrequest_listed",
                fields=["contest", "asked_at", "id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks for {self.contest}"


class Invitation(models.Model):
    """Lets one person into a contest, once: somebody by name, or whoever has the link.

    Of a link's secret only the SHA-256 is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="invitations")
    person = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+"
    )
    digest = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_invitation_by_name_or_link",
                condition=Q(person__isnull=False, digest="")
                | (Q(person__isnull=True) & ~Q(digest="")),
            ),
            models.UniqueConstraint(
                name="contests_invitation_secret_once",
                fields=["digest"],
                condition=~Q(digest=""),
            ),
            models.CheckConstraint(
                name="contests_invitation_expires_later",
                condition=Q(expires_at__gt=F("invited_at")),
            ),
            models.CheckConstraint(
                name="contests_invitation_used_by_someone",
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="contests_invitation_listed",
                fields=["contest", "invited_at", "id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or 'a link'} into {self.contest}"

    def state_at(self, now: datetime) -> str:
        """Return what has become of it, as people read it."""
        if self.used_at is not None:
            return gettext_noop("Used")
        if self.revoked_at is not None:
            return gettext_noop("Revoked")
        return (
            gettext_noop("Expired") if self.expires_at <= now else gettext_noop("Open")
        )
