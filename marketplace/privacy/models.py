"""Who is about to leave, and the copies that people asked for of what is theirs."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from marketplace.accounts.models import User
from marketplace.storage.models import Blob


class Departure(models.Model):
    """Somebody's wish that their account be erased; until then they may take it back."""

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="departure"
    )
    removes_words = models.BooleanField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    told_stuck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="privacy_departure_due_later",
                condition=Q(due_at__gte=F("asked_at")),
            ),
        ]
        indexes = [models.Index(name="privacy_departure_due", fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.due_at:%Y-%m-%d}"


class Copy(models.Model):
    """What is held on somebody, as a file for them: made by a worker, kept for days.

    The row is the queue: a worker that took it at `begun_at` and was lost is followed by
    another. Steps are tables.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    steps_done = models.PositiveSmallIntegerField(default=0)
    steps = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "copies"
        constraints = [
            CheckConstraint(
                name="privacy_copy_made_has_file",
                condition=Q(made_at=None, blob=None, expires_at=None)
                | Q(
                    made_at__isnull=False, blob__isnull=False, expires_at__isnull=False
                ),
            ),
            UniqueConstraint(
                name="privacy_copy_one_at_a_time",
                fields=["user"],
                condition=Q(made_at=None),
            ),
        ]
        indexes = [
            models.Index(
                name="privacy_copy_waiting",
                fields=["asked_at"],
                condition=Q(made_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.user_id}, asked for {self.asked_at}"
