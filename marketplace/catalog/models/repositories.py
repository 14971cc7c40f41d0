"""Repositories: what a dataset or model is called, who may see it, what its card says."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from licensing.models import Work
from marketplace.accounts.models import Namespace, User

# The rule of Hugging Face's clients, so that every name here is one of theirs too.
NAME_PATTERN = (
    r"^(?!.*(--|\.\.))(?!.*\.[gG][iI][tT]$)"
    r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$"
)


class Kind(models.TextChoices):
    DATASET = "DATASET", _("Dataset")
    MODEL = "MODEL", _("Model")


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC", _("Everyone")
    PRIVATE = "PRIVATE", _("Only those it is shared with")


PUBLIC = Q(
    visibility=Visibility.PUBLIC, deleted_at__isnull=True, taken_down_at__isnull=True
)


class Gating(models.TextChoices):
    OPEN = "OPEN", _("Whoever sees it")
    AUTOMATIC = "AUTOMATIC", _("Whoever asks, and says who they are")
    MANUAL = "MANUAL", _("Whom its owners let in, one by one")


def _words() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=96), default=list, blank=True)


class Repository(models.Model):
    """Versioned files under one address. What is owned and licensed is its `work`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="repositories"
    )
    name = models.CharField(max_length=96)
    work = models.OneToOneField(Work, models.PROTECT, related_name="repository")
    visibility = models.CharField(
        max_length=7, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    gating = models.CharField(
        max_length=9,
        choices=Gating.choices,
        default=Gating.OPEN,
        db_default=Gating.OPEN,
    )
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True)

    languages = _words()
    tags = _words()
    task_categories = _words()
    modalities = _words()
    formats = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True
    )
    size_category = models.CharField(max_length=40, blank=True)

    size_bytes = models.BigIntegerField(default=0)
    file_count = models.PositiveIntegerField(default=0)
    parameters = models.BigIntegerField(null=True, blank=True)
    downloads = models.BigIntegerField(default=0)
    likes = models.PositiveIntegerField(default=0, db_default=0)

    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    taken_down_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "repositories"
        permissions = [
            ("manage_repository", "Can share, hide, archive, delete and restore"),
        ]
        constraints = [
            CheckConstraint(
                name="catalog_repository_kind_known", condition=Q(kind__in=Kind.values)
            ),
            CheckConstraint(
                name="catalog_repository_visibility_known",
                condition=Q(visibility__in=Visibility.values),
            ),
            CheckConstraint(
                name="catalog_repository_gating_known",
                condition=Q(gating__in=Gating.values),
            ),
            CheckConstraint(
                name="catalog_repository_name_valid",
                condition=Q(name__regex=NAME_PATTERN),
            ),
            CheckConstraint(
                name="catalog_repository_title_not_empty", condition=~Q(title="")
            ),
            CheckConstraint(
                name="catalog_repository_counts_not_negative",
                condition=Q(size_bytes__gte=0, file_count__gte=0, downloads__gte=0),
            ),
            UniqueConstraint(
                "kind",
                "namespace",
                Upper("name"),
                name="catalog_repository_name_unique",
                condition=Q(deleted_at__isnull=True),
            ),
        ]
        indexes = [  # by which others harvest, and sitemaps say what is newest
            models.Index(
                name="catalog_repository_changed",
                fields=["updated_at", "id"],
                condition=PUBLIC,
            ),
            models.Index(
                name="catalog_repo_kind_changed",
                fields=["kind", "updated_at", "id"],
                condition=PUBLIC,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.name}/{self.name}"

    def get_absolute_url(self) -> str:
        return reverse(
            f"catalog:{self.kind.lower()}-detail", args=[self.namespace.name, self.name]
        )

    @property
    def plural(self) -> str:
        """The first segment of its addresses: `datasets` or `models`."""
        return f"{self.kind.lower()}s"

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.PUBLIC

    @property
    def is_gated(self) -> bool:
        return self.gating != Gating.OPEN


class Readme(models.Model):
    """README.md in the newest version: Markdown for pages and search, `card` as data."""

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="readme"
    )
    body = models.TextField(blank=True)
    card = models.JSONField(default=dict, db_default={}, blank=True)

    def __str__(self) -> str:
        return str(self.repository_id)
