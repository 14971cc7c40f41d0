"""Who stands before a gate, and who is behind it."""

from django.db.models import QuerySet

from marketplace.catalog.models import AccessRequest, AccessState, Gate, Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.keyset import Order

REQUESTS_ORDER = Order(("asked_at", "id"))


def gate_of(repository: Repository) -> Gate:
    """Return what the card says at the gate; an empty one if it says nothing."""
    found = Gate.objects.filter(pk=repository.pk).first()
    return found or Gate(repository=repository)


def access_request_of(user: AnyUser, repository: Repository) -> AccessRequest | None:
    """Return what `user` has asked for here, or None; nobody asks for nothing."""
    if not user.is_authenticated:
        return None
    return AccessRequest.objects.filter(repository=repository, user=user).first()


def access_requests_of(
    repository: Repository, state: AccessState | str | None = None
) -> QuerySet[AccessRequest]:
    """Return the requests of a repository, with who asked and who decided."""
    asked = AccessRequest.objects.filter(repository=repository)
    if state is not None:
        asked = asked.filter(state=state)
    return asked.select_related("user", "decided_by")
