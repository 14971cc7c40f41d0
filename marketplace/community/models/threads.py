"""Threads about contests, what is said in them, and who is told of more."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from marketplace.accounts.models import User
from marketplace.community.models.discussions import TITLE_CHARACTERS
from training.contests.models import Contest

WHY_CHARACTERS = 300


class Thread(models.Model):
    """A conversation about a contest, for whoever may see that.

    Pinned ones stand first; in a locked one only the hosts go on. See
    decisions/0002-threads-of-contests.md.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(
        Contest, models.CASCADE, related_name="threads", db_index=False
    )
    title = models.CharField(max_length=TITLE_CHARACTERS)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    last_post_at = models.DateTimeField()
    post_count = models.PositiveIntegerField(default=0)
    is_pinned = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)

    class Meta:
        constraints = [
            CheckConstraint(
                name="community_thread_title_not_empty", condition=~Q(title="")
            ),
        ]
        indexes = [
            models.Index(
                name="community_thread_newest",
                fields=["contest", "-is_pinned", "-last_post_at", "-id"],
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """What somebody said in a thread; of a hidden one the place and the reason remain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="posts", db_index=False
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField()
    text = models.TextField(blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    hidden_why = models.CharField(max_length=WHY_CHARACTERS, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="community_post_says_something_or_is_hidden",
                condition=Q(hidden_at=None, hidden_by=None, hidden_why="") & ~Q(text="")
                | Q(hidden_at__isnull=False, hidden_by__isnull=False, text=""),
            ),
        ]
        indexes = [
            models.Index(
                name="community_post_in_order", fields=["thread", "said_at", "id"]
            ),
            models.Index(name="community_post_of_author", fields=["author", "said_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.author_id} in {self.thread_id}"


class Watch(models.Model):
    """Somebody who is told of what is said: in one thread, or of a contest's new ones."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="+")
    thread = models.ForeignKey(
        Thread, models.CASCADE, null=True, blank=True, related_name="watches"
    )
    since = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="community_watch_of_thread_once",
                fields=["thread", "user"],
                condition=Q(thread__isnull=False),
            ),
            UniqueConstraint(
                name="community_watch_of_contest_once",
                fields=["contest", "user"],
                condition=Q(thread__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.thread_id or self.contest_id}"
