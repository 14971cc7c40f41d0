"""What people are to be told: by letter, in their inbox, or both."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from marketplace.accounts.models.people import Letter, User


class Notice(models.Model):
    """Something a person is told. The row is what waits, no broker.

    `address` is of one who has no account. Several of one kind make one letter. What
    `is_shown` is in the person's inbox from `due_at` on; what is not mailed, only there.
    """

    key = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)

    person = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = models.EmailField(blank=True)
    kind = models.CharField(max_length=8, choices=Letter.choices)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    path = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    is_mailed = models.BooleanField(default=True, db_default=True)
    is_shown = models.BooleanField(default=True, db_default=False)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_notice_kind_known", condition=Q(kind__in=Letter.values)
            ),
            models.CheckConstraint(
                name="accounts_notice_to_somebody",
                condition=Q(person__isnull=False, address="")
                | (Q(person__isnull=True) & ~Q(address="")),
            ),
        ]
        indexes = [
            models.Index(
                name="accounts_notice_waiting",
                fields=["due_at", "id"],
                condition=Q(sent_at__isnull=True, is_mailed=True),
            ),
            models.Index(
                name="accounts_notice_inbox",
                fields=["person", "-due_at", "-id"],
                condition=Q(is_shown=True),
            ),
            models.Index(
                name="accounts_notice_unread",
                fields=["person", "due_at"],
                condition=Q(is_shown=True, read_at__isnull=True),
            ),
            models.Index(
                name="accounts_notice_sent", fields=["person", "kind", "sent_at"]
            ),
        ]

    def __str__(self) -> str:
        return self.subject
