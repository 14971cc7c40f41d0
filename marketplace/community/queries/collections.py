"""Collections and what of them somebody may see."""

import re
from collections.abc import Iterable, Sequence

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import visible_to
from marketplace.community.models import Collection, CollectionItem
from marketplace.community.models.collections import KEY
from marketplace.community.permissions import may_see_collection, visible_collections
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

COLLECTIONS_ORDER = Order(("updated_at", "key"), descending=True)
SHOWN_IN_LISTS = 4


class CollectionNotFound(DomainError):
    code = "collection_not_found"
    status = 404


def find_collection(user: AnyUser, *, namespace: str, slug: str) -> Collection:
    """Return the collection whose key `slug` ends with, whatever its title is now.

    Raises:
        CollectionNotFound: there is none in this namespace, or `user` may not know of it.
    """
    key = slug.rpartition("-")[2].lower()
    found = None
    if re.fullmatch(KEY[1:-1], key):
        collections = Collection.objects.select_related("namespace", "created_by")
        found = collections.filter(key=key).first()
    if (
        found is None
        or found.namespace.name.lower() != namespace.lower()
        or not may_see_collection(user, found)
    ):
        raise CollectionNotFound(
            gettext(
                "There is no collection “%(namespace)s/%(slug)s”, or it is not "
                "shared with you."
            )
            % {"namespace": namespace, "slug": slug}
        )
    return found


def collections_for(
    user: AnyUser,
    *,
    owners: Sequence[str] = (),
    items: Iterable[Repository] | None = None,
    text: str = "",
) -> QuerySet[Collection]:
    """Return the collections that `user` may see, with their namespaces, in no order.

    Args:
        user: who looks.
        owners: names of their namespaces, any of these; none for all.
        items: repositories that `user` may see, any of which they hold; None for all.
        text: words that the title has in it.
    """
    found = visible_collections(user).select_related("namespace")
    if owners:
        named = Namespace.objects.none()
        for name in owners:
            named |= Namespace.objects.named(name.replace("\0", ""))
        found = found.filter(namespace__in=named.values("pk"))
    if items is not None:
        keys = [repository.pk for repository in items]
        holding = CollectionItem.objects.filter(repository__in=keys)
        found = found.filter(pk__in=holding.values("collection"))
    if text:
        found = found.filter(title__icontains=text.replace("\0", ""))
    return found


def items_of(
    user: AnyUser, collections: Iterable[Collection], *, most: int | None = None
) -> dict[int, list[CollectionItem]]:
    """Return the items that `user` may see, in order, by the key of their collection.

    Args:
        user: who looks; what they may not see of it is not there.
        collections: whose items.
        most: how many of each; None for all.

    Cost: one query.
    """
    by_collection: dict[int, list[CollectionItem]] = {
        collection.pk: [] for collection in collections
    }
    items = CollectionItem.objects.filter(
        collection__in=by_collection, repository__in=visible_to(user).values("pk")
    )
    if most is not None:
        place = Window(
            RowNumber(),
            partition_by=F("collection"),
            order_by=(F("position"), F("id")),
        )
        items = items.annotate(place=place).filter(place__lte=most)
    rows = items.select_related("repository__namespace").order_by("position", "pk")
    for item in rows:
        by_collection[item.collection_id].append(item)
    return by_collection
