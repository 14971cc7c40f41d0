"""Whose jobs are whose."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from marketplace.accounts.models import User
from training.notebooks.models import Job


def visible_to(user: User | AnonymousUser) -> QuerySet[Job]:
    """Return the jobs the user may see: their own; the rest do not exist (404)."""
    if not user.is_authenticated:
        return Job.objects.none()
    return Job.objects.filter(owner=user)


def require_owner(user: User | AnonymousUser, job: Job) -> None:
    """Return if the job is the user's.

    Raises:
        PermissionDenied: it is another's.
    """
    if not user.is_authenticated or job.owner_id != user.pk:
        raise PermissionDenied("It is another person's job.")
