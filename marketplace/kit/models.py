"""Rows that any room may need: stored answers, request counts, the audit trail."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q


class IdempotencyKey(models.Model):
    """The answer once given to one unsafe request, so that a retry gets it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="kit_idempotencykey_one_per_user", fields=["user", "key"]
            ),
            models.CheckConstraint(
                name="kit_idempotencykey_key_not_empty", condition=~Q(key="")
            ),
        ]
        indexes = [
            models.Index(name="kit_idempotencykey_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return self.key


class RequestCount(models.Model):
    """How often one caller asked within one window; kept for a minute or two."""

    caller = models.CharField(max_length=80)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="kit_requestcount_one_per_window", fields=["caller", "window"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.caller}: {self.count}"


class AuditRecord(models.Model):
    """Who did what to what, written inside the act. Rows are never changed.

    But for `is_told`, whether the act was passed on to those who watch from elsewhere,
    and `is_sealed`, whether it has its place in the chain of `AuditSeal`. `mark` is by
    whom it was written: see `audit`.

    What is chained of the actor's name and of details that are text are commitments, so
    that a name may be erased: `salts` has the salt of each word that stands, `erased`
    the commitment to each that does not any more. See decisions/0003.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    act = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=120)
    details = models.JSONField(default=dict)
    salts = models.JSONField(default=dict)
    erased = models.JSONField(default=dict)
    at = models.DateTimeField()
    is_told = models.BooleanField(default=False)
    mark = models.CharField(max_length=64, default="", blank=True)
    is_sealed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                name="kit_auditrecord_unsealed",
                fields=["at", "id"],
                condition=Q(is_sealed=False),
            ),
            models.Index(
                name="kit_auditrecord_untold",
                fields=["at", "id"],
                condition=Q(is_told=False),
            ),
            models.Index(
                name="kit_auditrecord_target", fields=["target_kind", "target_id"]
            ),
            models.Index(name="kit_auditrecord_time", fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.act} {self.target_kind} {self.target_id}"


class AuditSeal(models.Model):
    """A record's place in the chain: its digest covers it and the seal before it.

    `record` is no foreign key, so that a seal outlives a record that was taken away.
    """

    number = models.BigIntegerField(primary_key=True)
    record = models.UUIDField(unique=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="kit_auditseal_counts_from_one", condition=Q(number__gte=1)
            ),
            models.CheckConstraint(
                name="kit_auditseal_digest_is_hex",
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Inspection(models.Model):
    """What came of the last look at one thing that must agree, such as the ledger.

    Looks read much, so that they are tasks of the night; who watches reads this row.
    """

    name = models.CharField(max_length=40, primary_key=True)
    faults = models.PositiveBigIntegerField()
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="kit_inspection_is_named", condition=~Q(name="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.faults} at {self.looked_at:%Y-%m-%d %H:%M}"
