"""Recalls: what its owner withdraws or somebody disputes, and who is told of it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.works import Work
from marketplace.accounts.models import User


class RecallKind(models.TextChoices):
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    DISPUTED = "DISPUTED", _("Disputed")


class RecallVoice(models.TextChoices):
    """In whose name a recall is made, and lifted again."""

    OWNER = "OWNER", _("its owner")
    OPERATOR = "OPERATOR", _("the operators of this site")
    TAKEDOWN = "TAKEDOWN", _("the operators of this site, who took it down")


class Recall(models.Model):
    """A word that a work should not be built on any more; lifted, it is history.

    What was made of the work is flagged by it, which is not stored: see
    `licensing.queries.recalls`. `was_listed` when it was recalled, so that everyone may
    know which work is meant.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="recalls")
    kind = models.CharField(max_length=9, choices=RecallKind.choices)
    voice = models.CharField(max_length=8, choices=RecallVoice.choices)
    reason = models.TextField()
    was_listed = models.BooleanField()
    recalled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recalled_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifting_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_recall_one_standing_of_each",
                fields=["work", "voice"],
                condition=Q(lifted_at__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_recall_voice_known",
                condition=Q(voice__in=RecallVoice.values),
            ),
            models.CheckConstraint(
                name="licensing_recall_operators_dispute",
                condition=Q(kind=RecallKind.DISPUTED)
                | Q(kind=RecallKind.WITHDRAWN, voice=RecallVoice.OWNER),
            ),
            models.CheckConstraint(
                name="licensing_recall_reason_told", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="licensing_recall_lifted_by_someone",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_id} {self.get_kind_display().lower()}"


class RecallNotice(models.Model):
    """One person who is told of a recall, on their dashboard and by a letter.

    `owns` and `holds` count the works concerned in which they have a stake, and those
    that they ordered; `works` are the first of both. `is_named` where they may know which
    work was recalled.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recall = models.ForeignKey(Recall, models.CASCADE, related_name="notices")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    owns = models.PositiveIntegerField()
    holds = models.PositiveIntegerField()
    works = ArrayField(models.UUIDField())
    is_named = models.BooleanField()
    told_at = models.DateTimeField(null=True, blank=True)
    lifting_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_recallnotice_once", fields=["recall", "user"]
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_notice_to_write",
                fields=["recall"],
                condition=Q(told_at__isnull=True),
            ),
            models.Index(
                name="licensing_notice_to_lift",
                fields=["recall"],
                condition=Q(told_at__isnull=False, lifting_told_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.recall_id}"
