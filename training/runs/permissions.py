"""Who may see and stop a run: its owner, and staff."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import User
from training.runs.models import Run, RunQuerySet


def visible_to(user: User | AnonymousUser) -> RunQuerySet:
    """Return the runs the user may see; the rest do not exist (404)."""
    if not user.is_authenticated:
        return Run.objects.none()
    return Run.objects.all() if user.is_staff else Run.objects.filter(owner=user)


def may_control(user: User | AnonymousUser, run: Run) -> bool:
    return user.is_authenticated and (user.is_staff or run.owner_id == user.pk)


def require_control(user: User | AnonymousUser, run: Run) -> None:
    """Return if the user may cancel the run.

    Raises:
        PermissionDenied: it is another's.
    """
    if not may_control(user, run):
        raise PermissionDenied("Only its owner and staff may stop a run.")
