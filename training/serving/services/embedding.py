"""Owners let pages of others show their model, or no longer."""

from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import MANAGE, require
from marketplace.kit.audit import record_act
from training.serving.models import Embedding


@transaction.atomic
def allow_embedding(actor: User, *, repository: Repository, at: datetime) -> None:
    """Let pages of others show a model; what it answers there is on its own account.

    Raises:
        PermissionDenied: `actor` may not manage it.
    """
    require(actor, MANAGE, repository)
    _, is_new = Embedding.objects.get_or_create(
        repository=repository, defaults={"by": actor, "since": at}
    )
    if is_new:
        record_act(actor, "allow_embedding", repository, at=at)


@transaction.atomic
def end_embedding(actor: User, *, repository: Repository, at: datetime) -> None:
    """Let no other page show a model from now on.

    Raises:
        PermissionDenied: `actor` may not manage it.
    """
    require(actor, MANAGE, repository)
    if Embedding.objects.filter(repository=repository).delete()[0]:
        record_act(actor, "end_embedding", repository, at=at)
