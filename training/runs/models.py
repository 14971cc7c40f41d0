"""Runs (a first cut: the room's owner completes it)."""

import uuid

from django.db import models

from marketplace.accounts.models import User


class Run(models.Model):
    """One piece of work for a worker. This row is the truth; the broker carries its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=100)
    owner = models.ForeignKey(User, models.PROTECT, related_name="runs")
    queued_at = models.DateTimeField()
