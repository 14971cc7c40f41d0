"""Searches that members keep, to be told of what is new in them."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User

NAME_CHARACTERS = 100
QUERY_CHARACTERS = 450  # with a path around it, what a notice can lead to


class Place(models.TextChoices):
    """Where a search looks, and so what its query may say."""

    EVERYTHING = "EVERYTHING", _("Datasets and models")
    DATASETS = "DATASETS", _("Datasets")
    MODELS = "MODELS", _("Models")
    CONTESTS = "CONTESTS", _("Contests")


PATHS = {
    Place.EVERYTHING: "/search",
    Place.DATASETS: "/datasets",
    Place.MODELS: "/models",
    Place.CONTESTS: "/contests",
}


class SavedSearch(models.Model):
    """What somebody looked for, in the words of its address.

    What everybody could see by `looked_at` is known; of what came later its owner is told
    if `is_told`. One that was deleted can be had back for a while.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=NAME_CHARACTERS)
    place = models.CharField(max_length=10, choices=Place.choices)
    query = models.CharField(max_length=QUERY_CHARACTERS, blank=True)
    is_told = models.BooleanField(default=True)
    looked_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            UniqueConstraint(
                name="community_savedsearch_name_once",
                fields=["user", "name"],
                condition=Q(deleted_at__isnull=True),
            ),
            CheckConstraint(
                name="community_savedsearch_has_name", condition=~Q(name="")
            ),
            CheckConstraint(
                name="community_savedsearch_place_known",
                condition=Q(place__in=Place.values),
            ),
        ]
        indexes = [
            models.Index(
                name="community_savedsearch_due",
                fields=["looked_at"],
                condition=Q(deleted_at__isnull=True, is_told=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """The address of the page that shows what it finds now."""
        path = PATHS[Place(self.place)]
        return f"{path}?{self.query}" if self.query else path

    @property
    def newest_path(self) -> str:
        """The same with what is new first, as contests are anyway."""
        if self.place == Place.CONTESTS:
            return self.path
        return f"{self.path}{'&' if self.query else '?'}sort=newest"
