"""Who sees a report: its owner, whoever sees the model it is of, and staff."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from marketplace.accounts.models import User
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.permissions import visible_to as repositories_visible_to
from training.reports.models import Report


def visible_to(user: AnyUser) -> QuerySet[Report]:
    """Return the reports the user may see; the rest do not exist (404).

    Before its model is in a repository, a report is its owner's alone.
    """
    shown = Q(repository__in=repositories_visible_to(user))
    if user.is_authenticated:
        shown |= Q(owner=user)
    return Report.objects.filter(shown)


def require_owner(user: User, report: Report) -> None:
    """Return if the report is the user's.

    Raises:
        PermissionDenied: it is another's.
    """
    if report.owner_id != user.pk:
        raise PermissionDenied("Only who asked for this report may do this.")
