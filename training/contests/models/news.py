"""What hosts tell their entrants, and the calendars people subscribe to."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from training.contests.models.contests import Contest


class Announcement(models.Model):
    """Something a host tells everyone who sees the contest; entrants get a letter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="announcements")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    text = models.TextField()
    announced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_announcement_titled", condition=~Q(title="")
            ),
        ]
        indexes = [
            models.Index(
                name="contests_announcement_newest",
                fields=["contest", "-announced_at", "-id"],
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Window(models.TextChoices):
    OPENED = "OPENED", _("Has opened")
    CLOSES = "CLOSES", _("Closes soon")


class Reminder(models.Model):
    """That the entrants were told that a window opened, or that it closes soon.

    `phase_number` is 0 for the contest itself. A window that is moved makes another.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="+")
    phase_number = models.PositiveSmallIntegerField(default=0)
    window = models.CharField(max_length=6, choices=Window.choices)
    moment = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_reminder_once",
                fields=["contest", "phase_number", "window", "moment"],
            ),
            models.CheckConstraint(
                name="contests_reminder_window_known",
                condition=Q(window__in=Window.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_window_display()}: {self.contest_id}"


class CalendarFeed(models.Model):
    """The secret address of a person's calendar of contests; its SHA-256 is kept."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the calendar of {self.user}"
