"""Webhooks, what each watches, and the log of what was sent."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Repository

URL_CHARACTERS = 2000
SECRET_CHARACTERS = 200
EXCERPT_CHARACTERS = 2000


class Domain(models.TextChoices):
    REPO = "repo", _("Repositories: commits, branches, tags, settings")
    DISCUSSION = "discussion", _("Discussions and pull requests, and their comments")


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def enabled(self) -> "WebhookQuerySet":
        return self.filter(disabled_at__isnull=True)


class Webhook(models.Model):
    """Where to send what happens to the watched. The secret signs, so it is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=URL_CHARACTERS)
    domains = ArrayField(models.CharField(max_length=10, choices=Domain.choices))
    secret = models.CharField(max_length=SECRET_CHARACTERS, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=200, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                name="webhooks_webhook_domains_known",
                condition=Q(domains__contained_by=Domain.values, domains__len__gt=0),
            ),
            CheckConstraint(
                name="webhooks_webhook_has_url", condition=Q(url__startswith="http")
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


class Watched(models.Model):
    """One thing a webhook watches: a repository, or all that are under a name."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="watched")
    namespace = models.ForeignKey(
        Namespace, models.CASCADE, null=True, blank=True, related_name="+"
    )
    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "watched"
        constraints = [
            CheckConstraint(
                name="webhooks_watched_one_thing",
                condition=Q(namespace__isnull=True, repository__isnull=False)
                | Q(namespace__isnull=False, repository__isnull=True),
            ),
            UniqueConstraint(
                name="webhooks_watched_namespace_once", fields=["webhook", "namespace"]
            ),
            UniqueConstraint(
                name="webhooks_watched_repository_once",
                fields=["webhook", "repository"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.name}"

    @property
    def type(self) -> str:
        """What it is, as clients say it: `user`, `org`, `dataset` or `model`."""
        if self.repository is not None:
            return self.repository.kind.lower()
        return "org" if self.namespace and self.namespace.organisation_id else "user"

    @property
    def name(self) -> str:
        return str(self.repository or self.namespace)


class State(models.TextChoices):
    WAITING = "WAITING", _("Waits")
    DELIVERED = "DELIVERED", _("Delivered")
    FAILED = "FAILED", _("Failed")
    DROPPED = "DROPPED", _("Not sent")


class Delivery(models.Model):
    """One event for one webhook: what to send, how often that was tried, what came back.

    The row is the queue: it is due at `next_attempt_at` and is one sender's until
    `leased_until`. `record` is the audit record it tells of, none when sent again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", db_index=False
    )
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    record = models.UUIDField(null=True, blank=True, editable=False)
    event = models.CharField(max_length=60)
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_ms = models.PositiveIntegerField(null=True, blank=True)
    response_excerpt = models.CharField(max_length=EXCERPT_CHARACTERS, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            CheckConstraint(
                name="webhooks_delivery_state_known",
                condition=Q(state__in=State.values),
            ),
            CheckConstraint(
                name="webhooks_delivery_finished_or_waiting",
                condition=Q(state=State.WAITING, finished_at__isnull=True)
                | Q(~Q(state=State.WAITING), finished_at__isnull=False),
            ),
            UniqueConstraint(
                name="webhooks_delivery_tells_once", fields=["webhook", "record"]
            ),
        ]
        indexes = [
            models.Index(
                name="webhooks_delivery_due",
                fields=["next_attempt_at"],
                condition=Q(state=State.WAITING),
            ),
            models.Index(
                name="webhooks_delivery_log", fields=["webhook", "created_at", "id"]
            ),
            models.Index(
                name="webhooks_delivery_old",
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id}"
