"""Whose predictions are whose, and who lets a model be embedded."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from marketplace.accounts.models import User
from training.serving.models import Prediction


def visible_to(user: User | AnonymousUser) -> QuerySet[Prediction]:
    """Return what the user asked; a model's owner sees none of what others ask."""
    if not user.is_authenticated:
        return Prediction.objects.none()
    return Prediction.objects.filter(caller=user)
