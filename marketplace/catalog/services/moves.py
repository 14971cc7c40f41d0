"""Moves: another name, another namespace; the former address leads on."""

from datetime import datetime

from django.db import transaction

from licensing.services import hand_over, party_of
from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Repository, RepositoryAlias
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.queries.lines import charged_to
from marketplace.catalog.services.listings import index_repository
from marketplace.catalog.services.names import checked_name, save_named
from marketplace.catalog.services.quotas import release_held, take_room
from marketplace.catalog.services.repositories import lock_present
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


@transaction.atomic
def move_repository(
    actor: User,
    *,
    repository: Repository,
    namespace: Namespace | str,
    name: str,
    moved_at: datetime,
) -> None:
    """Give a repository another address. Those it had before lead to it.

    An address says whose a work is. So a move to another namespace hands the work over,
    which takes an owner of the one and a writer of the other, and only what is wholly
    the owner's own and was never ordered can be handed over.

    Args:
        actor: who manages it, and writes in `namespace`.
        repository: brought up to date.
        namespace: where it goes, or its name.
        name: what it is called from now on.
        moved_at: now.

    Raises:
        Http404: no such namespace.
        PermissionDenied: `actor` may not manage it, or not write there.
        BadName, NameTaken: it cannot be called so.
        HandOverRefused: the work cannot be another's; says what stands against it.
        QuotaExceeded: the namespace has no room for it.
        RepositoryDeleted: restore it first.
    """
    require(actor, MANAGE, repository)
    if isinstance(namespace, str):
        namespace = find_namespace(namespace)
    require_writer(actor, namespace)
    checked_name(name)
    lock_present(repository)
    left, former = repository.namespace, repository.name
    if (left, former) == (namespace, name):
        return
    if left != namespace:
        hand_over(actor, work=repository.work, to=party_of(namespace), at=moved_at)
    try:
        _put(repository, namespace, name)
    except DomainError:
        repository.namespace, repository.name = left, former
        raise
    if left != namespace or former.lower() != name.lower():
        RepositoryAlias.objects.create(
            kind=repository.kind,
            namespace=left,
            name=former,
            repository=repository,
            created_at=moved_at,
        )
    index_repository(repository)
    record_act(
        actor,
        "move_repository",
        repository,
        at=moved_at,
        left=f"{left.name}/{former}",
        now=str(repository),
    )


def _put(repository: Repository, namespace: Namespace, name: str) -> None:
    left = repository.namespace
    repository.namespace, repository.name = namespace, name
    save_named(repository, update_fields=["namespace", "name"])
    if left != namespace:
        held = charged_to(namespace).filter(repository=repository)
        take_room(namespace, entries=held)
        release_held(left)
