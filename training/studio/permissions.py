"""Whose projects are whose."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from marketplace.accounts.models import User
from training.studio.models import Project


def visible_to(user: User | AnonymousUser) -> QuerySet[Project]:
    """Return the projects the user may see: their own; the rest do not exist (404)."""
    if not user.is_authenticated:
        return Project.objects.none()
    return Project.objects.filter(owner=user)


def require_owner(user: User | AnonymousUser, project: Project) -> None:
    """Return if the project is the user's.

    Raises:
        PermissionDenied: it is another's.
    """
    if not user.is_authenticated or project.owner_id != user.pk:
        raise PermissionDenied("It is another person's project.")
