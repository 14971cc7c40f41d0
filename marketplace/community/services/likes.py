"""Liking a repository, and no more; twice is once."""

from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.services import add_likes
from marketplace.community.models import Like
from marketplace.community.permissions import require_voice
from marketplace.kit.audit import record_act


@transaction.atomic
def like(actor: User, *, repository: Repository, liked_at: datetime) -> bool:
    """Say that `actor` likes a repository; return whether they did not before.

    Raises:
        Http404: `actor` may not know of it.
    """
    require_voice(actor, repository)
    _, is_new = Like.objects.get_or_create(
        repository=repository, user=actor, defaults={"liked_at": liked_at}
    )
    if is_new:
        add_likes(repository, more=1)
        record_act(
            actor, "like_repository", repository, at=liked_at, name=str(repository)
        )
    return is_new


@transaction.atomic
def unlike(actor: User, *, repository: Repository, unliked_at: datetime) -> bool:
    """Take back that `actor` likes a repository; return whether they did.

    Raises:
        Http404: `actor` may not know of it.
    """
    require_voice(actor, repository)
    taken, _ = Like.objects.filter(repository=repository, user=actor).delete()
    if taken:
        add_likes(repository, more=-1)
        record_act(
            actor, "unlike_repository", repository, at=unliked_at, name=str(repository)
        )
    return taken > 0
