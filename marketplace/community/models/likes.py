"""Likes: who thinks well of what; how many is counted beside the repository."""

from django.db import models
from django.db.models import UniqueConstraint

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository


class Like(models.Model):
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="+", db_index=False
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    liked_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(name="community_like_once", fields=["repository", "user"]),
        ]
        indexes = [
            models.Index(
                name="community_like_of_user", fields=["user", "liked_at", "id"]
            ),
            models.Index(
                name="community_like_of_thing", fields=["repository", "liked_at", "id"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.repository_id}"
