"""Who likes what."""

from django.db.models import QuerySet

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import visible_to
from marketplace.community.models import Like
from marketplace.kit.keyset import Order

LIKES_ORDER = Order(("liked_at", "id"), descending=True)


def likers_of(repository: Repository) -> QuerySet[Like]:
    """Return the likes of a repository, with who gave them; the suspended are left out."""
    return Like.objects.filter(
        repository=repository, user__is_active=True
    ).select_related("user")


def likes_of(person: User, *, user: AnyUser) -> QuerySet[Like]:
    """Return what `person` likes, of what `user` may see, with the repositories."""
    visible = visible_to(user).values("pk")
    return Like.objects.filter(user=person, repository__in=visible).select_related(
        "repository__namespace"
    )


def is_liked_by(user: AnyUser, repository: Repository) -> bool:
    if not user.is_authenticated:
        return False
    return Like.objects.filter(repository=repository, user=user.pk).exists()
