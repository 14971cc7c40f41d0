"""Repositories that teams upload to, and what became of each commit there."""

import uuid

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, Repository
from training.contests.models.entrants import Entrant
from training.contests.models.submissions import Submission


class SubmissionRepository(models.Model):
    """A private repository of which each commit to `main` is handed in for a team.

    `seen` is the last commit that was looked at; what was there when the repository was
    named is not handed in. From `ended_at` on nothing is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entrant = models.ForeignKey(
        Entrant, models.CASCADE, related_name="submission_repositories"
    )
    repository = models.ForeignKey(
        Repository, models.PROTECT, related_name="submission_repositories"
    )
    seen = models.ForeignKey(
        Commit, models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "submission repositories"
        constraints = [
            models.UniqueConstraint(
                name="contests_submissionrepository_one_team",
                fields=["repository"],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository} of {self.entrant}"


class HandedCommit(models.Model):
    """What became of one commit: a submission, or a refusal with its reason."""

    source = models.ForeignKey(
        SubmissionRepository, models.CASCADE, related_name="commits"
    )
    commit = models.OneToOneField(Commit, models.PROTECT, related_name="+")
    path = models.CharField(max_length=1024, blank=True)
    submission = models.OneToOneField(
        Submission, models.PROTECT, null=True, blank=True, related_name="handed_commit"
    )
    code = models.CharField(max_length=50, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_handedcommit_taken_or_refused",
                condition=Q(submission__isnull=False, code="", reason="")
                | (Q(submission__isnull=True) & ~Q(code="") & ~Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(name="contests_handedcommit_newest", fields=["source", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.commit}: {self.code or 'taken'}"
