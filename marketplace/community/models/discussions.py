"""Discussions and pull requests, numbered together, and what happened in each."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.models.commits import OID

TITLE_CHARACTERS = 200


class Status(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    OPEN = "OPEN", _("Open")
    CLOSED = "CLOSED", _("Closed")
    MERGED = "MERGED", _("Merged")


GOING_ON = (Status.DRAFT, Status.OPEN)
OVER = (Status.CLOSED, Status.MERGED)


class Numbering(models.Model):
    """The last number that a repository's discussions have reached."""

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="+"
    )
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.repository_id}: {self.last}"


class Discussion(models.Model):
    """A conversation about a repository; a pull request also proposes commits.

    Those are on the ref `refs/pr/{number}` of the repository, and `base` is the branch
    they are meant for. `merge_oid` is text, since a squash forgets commits. See
    decisions/0001-a-room-of-its-own.md.
    """

    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="discussions", db_index=False
    )
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_CHARACTERS)
    is_pull_request = models.BooleanField()
    status = models.CharField(max_length=6, choices=Status.choices)
    base = models.CharField(max_length=100, blank=True)
    merge_oid = models.CharField(max_length=40, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    comment_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="community_discussion_number_unique",
                fields=["repository", "number"],
            ),
            CheckConstraint(
                name="community_discussion_number_from_one", condition=Q(number__gte=1)
            ),
            CheckConstraint(
                name="community_discussion_title_not_empty", condition=~Q(title="")
            ),
            CheckConstraint(
                name="community_discussion_status_known",
                condition=Q(status__in=Status.values),
            ),
            CheckConstraint(
                name="community_discussion_pull_request_has_base",
                condition=Q(is_pull_request=True) & ~Q(base="")
                | Q(is_pull_request=False, base="")
                & ~Q(status__in=[Status.DRAFT, Status.MERGED]),
            ),
            CheckConstraint(
                name="community_discussion_merged_has_commit",
                condition=Q(status=Status.MERGED, merge_oid__regex=OID)
                | ~Q(status=Status.MERGED) & Q(merge_oid=""),
            ),
        ]
        indexes = [
            models.Index(
                name="community_discussion_by_status",
                fields=["repository", "status", "number"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} #{self.number}"

    @property
    def ref(self) -> str:
        """The name of a pull request's line of commits."""
        return f"refs/pr/{self.number}"

    @property
    def is_going_on(self) -> bool:
        return self.status in GOING_ON


class EventKind(models.TextChoices):
    COMMENT = "COMMENT", _("Comment")
    STATUS = "STATUS", _("Change of status")
    TITLE = "TITLE", _("Change of title")


class Event(models.Model):
    """One thing that happened in a discussion. Commits are the catalog's to tell.

    `place` orders what happened in one act, at one time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    discussion = models.ForeignKey(
        Discussion, models.CASCADE, related_name="events", db_index=False
    )
    kind = models.CharField(max_length=7, choices=EventKind.choices)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    place = models.PositiveIntegerField(default=0, db_default=0)
    text = models.TextField(blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=6, choices=Status.choices, blank=True)
    old_title = models.CharField(max_length=TITLE_CHARACTERS, blank=True)
    new_title = models.CharField(max_length=TITLE_CHARACTERS, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="community_event_says_what",
                condition=Q(kind=EventKind.COMMENT, hidden_at__isnull=True)
                & ~Q(text="")
                | Q(kind=EventKind.COMMENT, hidden_at__isnull=False, text="")
                | Q(kind=EventKind.STATUS, status__in=Status.values, text="")
                | Q(kind=EventKind.TITLE, text="")
                & ~Q(old_title="")
                & ~Q(new_title=""),
            ),
            CheckConstraint(
                name="community_event_hidden_by_someone",
                condition=Q(hidden_at__isnull=True, hidden_by__isnull=True)
                | Q(hidden_at__isnull=False, hidden_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="community_event_placed", fields=["discussion", "at", "place"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} in {self.discussion_id}"

    @property
    def is_comment(self) -> bool:
        return self.kind == EventKind.COMMENT


class Edit(models.Model):
    """What a comment said before it was edited; gone when the comment is hidden."""

    comment = models.ForeignKey(
        Event, models.CASCADE, related_name="edits", db_index=False
    )
    text = models.TextField()
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="community_edit_in_order", fields=["comment", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id} until {self.replaced_at}"
