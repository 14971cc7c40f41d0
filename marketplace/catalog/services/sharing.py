"""Sharing with single people; members of the namespace have their role's rights anyway."""

from datetime import datetime

from django.db import transaction

from licensing.services import set_reader
from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import MANAGE, ShareRole, grant, require, revoke
from marketplace.kit.audit import record_act


@transaction.atomic
def share(
    actor: User,
    *,
    repository: Repository,
    user: User,
    role: ShareRole | str,
    shared_at: datetime,
) -> None:
    """Let `user` act in `role` on the repository, in place of any role they had.

    Raises:
        PermissionDenied: `actor` may not manage it.
    """
    require(actor, MANAGE, repository)
    grant(user, ShareRole(role), repository)
    set_reader(repository.work, user, reads=True)
    record_act(
        actor,
        "share_repository",
        repository,
        at=shared_at,
        user=user.username,
        role=ShareRole(role).value,
    )


@transaction.atomic
def unshare(
    actor: User, *, repository: Repository, user: User, unshared_at: datetime
) -> bool:
    """Take back what was shared with `user`, who may also leave by themselves.

    Returns:
        Whether there was anything to take back.

    Raises:
        PermissionDenied: `actor` may not manage it and is not `user`.
    """
    if actor != user:
        require(actor, MANAGE, repository)
    was_shared = revoke(user, repository)
    if was_shared:
        set_reader(repository.work, user, reads=False)
        record_act(
            actor,
            "unshare_repository",
            repository,
            at=unshared_at,
            user=user.username,
        )
    return was_shared
