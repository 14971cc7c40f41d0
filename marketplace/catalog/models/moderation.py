"""What people report, what operators took down for it, and what owners answer."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models.repositories import Repository


class Ground(models.TextChoices):
    RIGHTS = "RIGHTS", _("It infringes a right of mine or of those I speak for")
    PERSONAL_DATA = "PERSONAL_DATA", _("It holds personal data that should not be here")
    ILLEGAL = "ILLEGAL", _("It is against the law in another way")
    MALWARE = "MALWARE", _("It harms machines")
    MISLEADING = "MISLEADING", _("It is not what it says it is")
    OTHER = "OTHER", _("Something else")


class ReportState(models.TextChoices):
    OPEN = "OPEN", _("Waits for the operator")
    UPHELD = "UPHELD", _("Upheld: it was taken down")
    DISMISSED = "DISMISSED", _("Dismissed")


class Report(models.Model):
    """Somebody's word that something should not be here; theirs, or a stranger's.

    `sender` is a keyed digest of the network address of one who has no account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(Repository, models.PROTECT, related_name="reports")
    reporter = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    sender = models.CharField(max_length=32, blank=True)
    ground = models.CharField(max_length=13, choices=Ground.choices)
    statement = models.TextField()
    filed_at = models.DateTimeField()
    state = models.CharField(
        max_length=9, choices=ReportState.choices, default=ReportState.OPEN
    )
    decision = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_report_ground_known",
                condition=Q(ground__in=Ground.values),
            ),
            CheckConstraint(
                name="catalog_report_statement_not_empty", condition=~Q(statement="")
            ),
            CheckConstraint(
                name="catalog_report_decided_unless_open",
                condition=Q(state=ReportState.OPEN, decided_at__isnull=True)
                | Q(
                    state__in=[ReportState.UPHELD, ReportState.DISMISSED],
                    decided_at__isnull=False,
                ),
            ),
            CheckConstraint(
                name="catalog_report_by_somebody",
                condition=Q(reporter__isnull=False) | ~Q(email=""),
            ),
            UniqueConstraint(
                name="catalog_report_one_open_each",
                fields=["repository", "reporter"],
                condition=Q(state=ReportState.OPEN, reporter__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_report_open",
                fields=["filed_at", "id"],
                condition=Q(state=ReportState.OPEN),
            ),
            models.Index(name="catalog_report_sender", fields=["sender", "filed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_ground_display()}: {self.repository_id}"


class Takedown(models.Model):
    """Why and since when a repository is withheld; lifted, it is history."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(Repository, models.PROTECT, related_name="takedowns")
    ground = models.CharField(max_length=13, choices=Ground.choices)
    reason = models.TextField()
    taken_down_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    taken_down_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifting_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_takedown_one_at_a_time",
                fields=["repository"],
                condition=Q(lifted_at__isnull=True),
            ),
            CheckConstraint(
                name="catalog_takedown_ground_known",
                condition=Q(ground__in=Ground.values),
            ),
            CheckConstraint(
                name="catalog_takedown_reason_told", condition=~Q(reason="")
            ),
            CheckConstraint(
                name="catalog_takedown_lifted_by_someone",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} since {self.taken_down_at:%Y-%m-%d}"


class NoticeState(models.TextChoices):
    OPEN = "OPEN", _("Waits for the operator")
    UPHELD = "UPHELD", _("Upheld: it is back")
    REJECTED = "REJECTED", _("Rejected")


class CounterNotice(models.Model):
    """What an owner says against a takedown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    takedown = models.ForeignKey(Takedown, models.PROTECT, related_name="notices")
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    statement = models.TextField()
    filed_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=NoticeState.choices, default=NoticeState.OPEN
    )
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_counternotice_one_open",
                fields=["takedown"],
                condition=Q(state=NoticeState.OPEN),
            ),
            CheckConstraint(
                name="catalog_counternotice_statement_not_empty",
                condition=~Q(statement=""),
            ),
            CheckConstraint(
                name="catalog_counternotice_answered_unless_open",
                condition=Q(state=NoticeState.OPEN, answered_at__isnull=True)
                | Q(
                    state__in=[NoticeState.UPHELD, NoticeState.REJECTED],
                    answered_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="catalog_counternotice_open",
                fields=["filed_at", "id"],
                condition=Q(state=NoticeState.OPEN),
            )
        ]

    def __str__(self) -> str:
        return f"Against {self.takedown_id}"
