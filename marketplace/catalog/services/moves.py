"""Moves and handovers: another name, another namespace; the former address leads on."""

from datetime import datetime

from django.db import transaction

from licensing.models import Handover
from licensing.services import hand_over, party_of, take_over
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
    if (repository.namespace, repository.name) == (namespace, name):
        return
    if repository.namespace != namespace:
        hand_over(actor, work=repository.work, to=party_of(namespace), at=moved_at)
    _readdress(actor, repository, namespace, name, moved_at)


@transaction.atomic
def accept_handover(actor: User, *, handover: Handover, accepted_at: datetime) -> None:
    """Accept a work, or a right in it, that was offered to a party one acts for.

    A work's repository moves to the taker's namespace, under the name that it has.

    Args:
        actor: who acts for the taker.
        handover: brought up to date.
        accepted_at: now.

    Raises:
        PermissionDenied: it is not offered to them.
        HandoverClosed: it was answered or taken back, or has expired.
        HandOverRefused: the work cannot be another's now; says what stands against it.
        NameTaken: the taker has another repository of that name.
        QuotaExceeded: the taker's namespace has no room for it.
        RepositoryDeleted: its giver has to restore it first.
    """
    repository = Repository.objects.filter(work=handover.work_id).first()
    if handover.holding_id is not None or repository is None:
        take_over(actor, handover=handover, accepted_at=accepted_at)
        return
    lock_present(repository)
    take_over(actor, handover=handover, accepted_at=accepted_at)
    taker = handover.taker
    repository.work.refresh_from_db(fields=["owner"])
    namespace = Namespace.objects.get(
        user=taker.user_id, organisation=taker.organisation_id
    )
    _readdress(actor, repository, namespace, repository.name, accepted_at)


def _readdress(
    actor: User, repository: Repository, namespace: Namespace, name: str, at: datetime
) -> None:
    left, former = repository.namespace, repository.name
    try:
        _put(repository, namespace, name, at=at)
    except DomainError:
        repository.namespace, repository.name = left, former
        raise
    if left != namespace or former.lower() != name.lower():
        RepositoryAlias.objects.create(
            kind=repository.kind,
            namespace=left,
            name=former,
            repository=repository,
            created_at=at,
        )
    index_repository(repository)
    record_act(
        actor,
        "move_repository",
        repository,
        at=at,
        left=f"{left.name}/{former}",
        now=str(repository),
    )


def _put(
    repository: Repository, namespace: Namespace, name: str, *, at: datetime
) -> None:
    left = repository.namespace
    repository.namespace, repository.name = namespace, name
    save_named(repository, update_fields=["namespace", "name"])
    if left != namespace:
        held = charged_to(namespace).filter(repository=repository)
        take_room(namespace, entries=held, at=at)
        release_held(left)
