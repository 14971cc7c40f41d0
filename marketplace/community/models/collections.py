"""Collections: repositories that somebody puts side by side, with a note to each."""

import secrets
import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Upper
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Repository

KEY = r"^[0-9a-f]{24}$"
SLUG_CHARACTERS = 60


class Theme(models.TextChoices):
    """The colour of a collection, by the names that Hugging Face's clients know."""

    ORANGE = "ORANGE", _("Orange")
    BLUE = "BLUE", _("Blue")
    GREEN = "GREEN", _("Green")
    PURPLE = "PURPLE", _("Purple")
    PINK = "PINK", _("Pink")
    INDIGO = "INDIGO", _("Indigo")


def new_key() -> str:
    return secrets.token_hex(12)


class Collection(models.Model):
    """A list of repositories under `namespace/title-key`; the key alone finds it."""

    key = models.CharField(max_length=24, unique=True, default=new_key, editable=False)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="collections")
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    is_private = models.BooleanField(default=False)
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.ORANGE)
    position = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                "namespace", Upper("title"), name="community_collection_title_unique"
            ),
            CheckConstraint(
                name="community_collection_title_not_empty", condition=~Q(title="")
            ),
            CheckConstraint(
                name="community_collection_key_is_hex", condition=Q(key__regex=KEY)
            ),
            CheckConstraint(
                name="community_collection_theme_known",
                condition=Q(theme__in=Theme.values),
            ),
        ]
        indexes = [
            models.Index(
                name="community_collection_newest", fields=["updated_at", "key"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.name}/{self.slug}"

    @property
    def slug(self) -> str:
        """The second part of its address: words of the title, then the key."""
        words = slugify(self.title)[:SLUG_CHARACTERS].strip("-")
        return f"{words}-{self.key}" if words else self.key


class CollectionItem(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(
        Collection, models.CASCADE, related_name="items", db_index=False
    )
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="community_collectionitem_once",
                fields=["collection", "repository"],
            ),
        ]
        indexes = [
            models.Index(
                name="community_collectionitem_order",
                fields=["collection", "position", "id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} in {self.collection_id}"
