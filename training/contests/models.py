"""Contests (a first cut: the room's owner completes it)."""

import uuid

from django.db import models

from marketplace.accounts.models import User


class Contest(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    host = models.ForeignKey(User, models.PROTECT, related_name="hosted_contests")
