"""Repositories (a first cut: the room's owner grows this into a package)."""

import uuid

from django.db import models

from licensing.models import Work
from marketplace.accounts.models import Namespace


class Kind(models.TextChoices):
    DATASET = "DATASET", "Dataset"
    MODEL = "MODEL", "Model"


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC", "Everyone"
    PRIVATE = "PRIVATE", "Only those it is shared with"


class Repository(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="repositories")
    name = models.CharField(max_length=96)
    work = models.OneToOneField(Work, models.PROTECT, related_name="repository")
    visibility = models.CharField(
        max_length=7, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    created_at = models.DateTimeField()
