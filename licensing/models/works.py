"""Works, the licences they are under, and what they were made from."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models.parties import Party
from marketplace.accounts.models import User


class LicenceText(models.Model):
    """The words somebody agrees to, found by their digest. Never changed."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    body = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_licencetext_digest_is_hex",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="licensing_licencetext_body_not_empty", condition=~Q(body="")
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Licence(models.Model):
    """A licence by its SPDX id; what it permits is in `licensing.terms`."""

    id = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=200)
    url = models.URLField(max_length=300)
    text = models.ForeignKey(LicenceText, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_licence_id_not_empty", condition=~Q(id="")
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Work(models.Model):
    """The thing that is owned, licensed, offered and derived from.

    `readers` are people who may know of it though it is not listed. What is withheld
    nobody takes or orders: the operators took it down. What asks for acceptance is open
    only to whoever accepted the text of its licence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="works")
    licence = models.ForeignKey(
        Licence, models.PROTECT, null=True, blank=True, related_name="works"
    )
    is_listed = models.BooleanField(default=False)
    is_withheld = models.BooleanField(default=False, db_default=False)
    asks_acceptance = models.BooleanField(default=False, db_default=False)
    first_listed_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField()
    sources = models.ManyToManyField(
        "self",
        symmetrical=False,
        through="Derivation",
        through_fields=("work", "source"),
        related_name="derived_works",
    )
    readers = models.ManyToManyField(User, related_name="+", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_work_title_not_empty", condition=~Q(title="")
            ),
            models.CheckConstraint(
                name="licensing_work_listed_has_time",
                condition=Q(is_listed=False) | Q(first_listed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_work_asks_acceptance_of_a_licence",
                condition=Q(asks_acceptance=False) | Q(licence__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Relation(models.TextChoices):
    COPY = "COPY", _("A copy of")
    COLLECT = "COLLECT", _("Holds, unchanged,")
    SUBSET = "SUBSET", _("A part of")
    MERGE = "MERGE", _("Merged from")
    ADAPT = "ADAPT", _("Adapted from")
    TRAIN = "TRAIN", _("Trained on")
    FINE_TUNE = "FINE_TUNE", _("Fine-tuned from")
    DISTIL = "DISTIL", _("Distilled from")
    GENERATE = "GENERATE", _("Generated with")


class Origin(models.TextChoices):
    """How it came to be known that a work was made from another."""

    STATED = "STATED", _("Stated by its owners")
    CARD = "CARD", _("Named by its card")
    TRAINING = "TRAINING", _("Seen in its training here")


class Derivation(models.Model):
    """One source of a work, and what was changed. The graph has no cycles."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="derivations")
    source = models.ForeignKey(Work, models.PROTECT, related_name="uses")
    relation = models.CharField(max_length=9, choices=Relation.choices)
    changes = models.TextField(blank=True)
    origin = models.CharField(
        max_length=8,
        choices=Origin.choices,
        default=Origin.STATED,
        db_default=Origin.STATED,
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_derivation_once", fields=["work", "source"]
            ),
            models.CheckConstraint(
                name="licensing_derivation_not_of_itself",
                condition=~Q(work=F("source")),
            ),
            models.CheckConstraint(
                name="licensing_derivation_relation_known",
                condition=Q(relation__in=Relation.values),
            ),
            models.CheckConstraint(
                name="licensing_derivation_origin_known",
                condition=Q(origin__in=Origin.values),
            ),
            models.CheckConstraint(
                name="licensing_derivation_changes_told",
                condition=Q(relation=Relation.COPY) | ~Q(changes=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.get_relation_display().lower()} {self.source}"


class WithdrawnDerivation(models.Model):
    """A source that was recorded and taken back, and why; what was out then. Kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="withdrawn_derivations")
    source = models.ForeignKey(Work, models.PROTECT, related_name="+")
    relation = models.CharField(max_length=9, choices=Relation.choices)
    changes = models.TextField(blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()
    reason = models.TextField()
    licence = models.ForeignKey(Licence, models.PROTECT, null=True, related_name="+")
    live_offers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_withdrawnderivation_reason_told",
                condition=~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_withdrawn_of_work",
                fields=["work", "withdrawn_at", "id"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_id} no more from {self.source_id}"
