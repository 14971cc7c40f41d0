"""The tokens of people's programs, and the logins that programs ask for."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models.people import User


class Scope(models.TextChoices):
    """What a token may do, at most; never more than its owner."""

    READ = "read", _("Read what you may read, private repositories included")
    REPO_WRITE = "repo:write", _("Create, change and share repositories")
    ORDER_WRITE = "order:write", _("Accept terms, order, make offers")
    RUN_WRITE = "run:write", _("Host contests, submit, cancel runs")
    ACCOUNT_WRITE = (
        "account:write",
        _("Change the account, its organisations and tokens"),
    )
    STAFF = "staff", _("Act as staff, where the account is staff")
    MONEY_WRITE = "money:write", _("Move money as staff: confirm, refund, pay out")


STAFF_SCOPES = frozenset({Scope.STAFF, Scope.MONEY_WRITE})


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def unrevoked(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at__isnull=True)

    def not_replaced(self) -> "ApiTokenQuerySet":
        """Of a login only the newest token; all that were made by hand."""
        return self.filter(refresh_token__spent_at__isnull=True)

    def confined(self, user: User, *, to: uuid.UUID) -> "ApiTokenQuerySet":
        """Those of `user` that are good for one thing alone."""
        return self.filter(user=user, confined_to=to)

    def note_use(self, pk: uuid.UUID, *, at: datetime, not_since: datetime) -> bool:
        """Write that a token was used, unless that was written after `not_since`."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=not_since)
        return self.filter(stale, pk=pk).update(last_used_at=at) == 1


class ApiToken(models.Model):
    """A program's key to one account. The secret is shown once; its digest is kept.

    Those with a `grant` were fetched by a program that a person let in. One that is
    `confined_to` a thing, by its id, is good for that alone, for as long as it lives.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    grant = models.ForeignKey(
        "DeviceGrant", models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    confined_to = models.UUIDField(null=True, blank=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_apitoken_has_scopes", condition=Q(scopes__len__gt=0)
            ),
            models.CheckConstraint(
                name="accounts_apitoken_scopes_known",
                condition=Q(scopes__contained_by=Scope.values),
            ),
            models.CheckConstraint(
                name="accounts_apitoken_expires_after_issue",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("issued_at")),
            ),
            models.CheckConstraint(
                name="accounts_apitoken_confined_one_expires",
                condition=Q(confined_to__isnull=True) | Q(expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="accounts_apitoken_confined",
                fields=["confined_to", "user"],
                condition=Q(confined_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"

    @property
    def allowed(self) -> list[Scope]:
        """What it may do; of one whose scope is gone, what is left."""
        return [scope for scope in Scope if scope in self.scopes]


class GrantState(models.TextChoices):
    PENDING = "PENDING", _("Waits for a person")
    APPROVED = "APPROVED", _("Approved, not yet fetched")
    DENIED = "DENIED", _("Denied")
    ISSUED = "ISSUED", _("Signed in")
    ENDED = "ENDED", _("Ended")


class DeviceGrant(models.Model):
    """A program that a person lets in by a code: asked for, decided, then a login.

    Of both codes only digests are kept. The one for people is short, so its digest is
    keyed with the site's secret. What the program says of itself is not proven.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device_digest = models.CharField(max_length=64, unique=True)
    user_code_digest = models.CharField(max_length=64, db_index=True)
    client_id = models.CharField(max_length=100)
    program = models.CharField(max_length=200, blank=True)
    asked_from = models.CharField(max_length=64, blank=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    label = models.CharField(max_length=100, blank=True)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="device_grants"
    )
    state = models.CharField(
        max_length=8, choices=GrantState.choices, default=GrantState.PENDING
    )
    interval_seconds = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_devicegrant_state_known",
                condition=Q(state__in=GrantState.values),
            ),
            models.CheckConstraint(
                name="accounts_devicegrant_scopes_known",
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gt=0),
            ),
            models.CheckConstraint(
                name="accounts_devicegrant_decided_by_someone",
                condition=Q(state=GrantState.PENDING, user__isnull=True)
                | Q(~Q(state=GrantState.PENDING), user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.client_id


class RefreshToken(models.Model):
    """What a login's next pair of tokens is fetched with, once.

    `token` is the access token issued beside it; `parent` is what this pair was fetched
    with, none for the first.
    """

    grant = models.ForeignKey(
        DeviceGrant, models.CASCADE, related_name="refresh_tokens"
    )
    token = models.OneToOneField(ApiToken, models.CASCADE, related_name="refresh_token")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_refreshtoken_expires_after_issue",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant}, issued {self.issued_at}"
