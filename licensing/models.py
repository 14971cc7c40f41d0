"""Works and the parties to them (a first cut: the room's owner grows this into a package)."""

import uuid

from django.db import models

from marketplace.accounts.models import Organisation, User


class Party(models.Model):
    """Who can hold rights and be paid: a person, an organisation, or described others."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True)
    organisation = models.OneToOneField(
        Organisation, models.PROTECT, null=True, blank=True
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)


class Work(models.Model):
    """The thing that is owned, licensed, offered and derived from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="works")
    registered_at = models.DateTimeField()
