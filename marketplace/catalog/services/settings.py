"""Several settings of a repository changed at once."""

from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.catalog.models import Gating, Repository, Visibility
from marketplace.catalog.services.gates import set_gating
from marketplace.catalog.services.repositories import (
    describe_repository,
    set_archived,
    set_visibility,
)


@transaction.atomic
def change_repository(
    actor: User,
    *,
    repository: Repository,
    title: str | None = None,
    summary: str | None = None,
    visibility: Visibility | str | None = None,
    gating: Gating | str | None = None,
    archived: bool | None = None,
    changed_at: datetime,
) -> None:
    """Change several things at once, or none of them; None leaves a thing as it is.

    Raises:
        PermissionDenied: `actor` may not change one of them.
        RepositoryArchived, RepositoryDeleted, Malformed: see each act.
    """
    if archived is False:
        set_archived(actor, repository=repository, archived=False, at=changed_at)
    if title is not None or summary is not None:
        describe_repository(
            actor,
            repository=repository,
            title=title,
            summary=summary,
            described_at=changed_at,
        )
    if visibility is not None:
        set_visibility(
            actor, repository=repository, visibility=visibility, changed_at=changed_at
        )
    if gating is not None:
        set_gating(actor, repository=repository, gating=gating, changed_at=changed_at)
    if archived:
        set_archived(actor, repository=repository, archived=True, at=changed_at)
