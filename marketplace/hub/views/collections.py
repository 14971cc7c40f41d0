"""Collections, listed, read, made, filled and put in order."""

from contextlib import suppress
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.community import services
from marketplace.community.models import Collection, CollectionItem
from marketplace.community.queries import collections_for, find_collection, items_of
from marketplace.community.queries.collections import (
    COLLECTIONS_ORDER,
    SHOWN_IN_LISTS,
)
from marketplace.hub.community import collection_line, collection_page
from marketplace.hub.errors import NotSupported, RepositoryNotFound
from marketplace.hub.http import HubView, body_of, next_link
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import LARGEST_SIZE, next_url, page_of

SORTS = ("lastModified", "trending", "upvotes")  # without votes, all the same order
KINDS = {f"{kind.lower()}s": kind for kind in Kind}
LARGEST_PLACE = 10_000
MOST_ASKED = 20


class NewCollectionIn(serializers.Serializer[Collection]):
    title = serializers.CharField()
    namespace = serializers.CharField()
    description = serializers.CharField(allow_blank=True, default="")
    private = serializers.BooleanField(default=False)


class CollectionIn(serializers.Serializer[Collection]):
    title = serializers.CharField(required=False)
    description = serializers.CharField(allow_blank=True, required=False)
    private = serializers.BooleanField(required=False)
    theme = serializers.CharField(required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=LARGEST_PLACE, required=False
    )


class ThingIn(serializers.Serializer[Repository]):
    id = serializers.CharField()
    type = serializers.CharField()


class NewItemIn(serializers.Serializer[CollectionItem]):
    item = ThingIn()
    note = serializers.CharField(allow_blank=True, default="")


class ItemIn(serializers.Serializer[CollectionItem]):
    note = serializers.CharField(allow_blank=True, required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=LARGEST_PLACE, required=False
    )


class Collections(HubView):
    """Those the caller may see, last changed first; and a new one."""

    def get(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("sort", SORTS[0]) not in SORTS:
            raise Malformed(f"sort: choose one of {', '.join(SORTS)}.")
        owners, things = asked.getlist("owner"), asked.getlist("item")
        if len(owners) + len(things) > MOST_ASKED:
            raise Malformed(f"owner, item: give at most {MOST_ASKED} values.")
        found = collections_for(
            request.user,
            owners=owners,
            items=self._known(things) if things else None,
        )
        page = page_of(
            found.select_related("namespace__user", "namespace__organisation"),
            order=COLLECTIONS_ORDER,
            cursor=asked.get("cursor", ""),
            size=_size(asked.get("limit", "")),
        )
        items = items_of(request.user, page.rows, most=SHOWN_IN_LISTS)
        told = [collection_line(row, items[row.pk]) for row in page.rows]
        return Response(told, headers=next_link(request, next_url(request, page)))

    def post(self, request: MemberApiRequest) -> Response:
        asked = body_of(NewCollectionIn, request)
        made = services.create_collection(
            request.user,
            namespace=find_namespace(asked["namespace"]),
            title=asked["title"],
            description=asked["description"],
            is_private=asked["private"],
            created_at=timezone.now(),
        )
        return Response(collection_page(made, []))

    def _known(self, things: list[str]) -> list[Repository]:
        """Return the repositories that are asked for and the caller may see."""
        known = []
        for thing in things:
            kind, _, rest = thing.partition("/")
            with suppress(RepositoryNotFound):
                if kind in KINDS:
                    known.append(_repository(self.request, KINDS[kind], rest))
        return known


class CollectionView(HubView):
    """What is about one collection."""

    def collection(self, namespace: str, slug: str) -> Collection:
        return find_collection(self.request.user, namespace=namespace, slug=slug)

    def told(self, collection: Collection) -> dict[str, Any]:
        items = items_of(self.request.user, [collection])
        return collection_page(collection, items[collection.pk])


class OneCollection(CollectionView):
    def get(self, request: Request, namespace: str, slug: str) -> Response:  # noqa: ARG002  DRF's shape
        return Response(self.told(self.collection(namespace, slug)))

    def patch(self, request: MemberApiRequest, namespace: str, slug: str) -> Response:
        collection = self.collection(namespace, slug)
        asked = body_of(CollectionIn, request)
        if "private" in asked:
            asked["is_private"] = asked.pop("private")
        if "theme" in asked:
            asked["theme"] = asked["theme"].upper()
        services.change_collection(
            request.user, collection=collection, **asked, changed_at=timezone.now()
        )
        return Response({"success": True, "data": self.told(collection)})

    def delete(self, request: MemberApiRequest, namespace: str, slug: str) -> Response:
        services.delete_collection(
            request.user,
            collection=self.collection(namespace, slug),
            deleted_at=timezone.now(),
        )
        return Response({"success": True})


class Items(CollectionView):
    def post(self, request: MemberApiRequest, namespace: str, slug: str) -> Response:
        collection = self.collection(namespace, slug)
        asked = body_of(NewItemIn, request)
        kind, wanted = f"{asked['item']['type']}s", asked["item"]["id"]
        if kind not in KINDS:
            raise NotSupported("Collections here hold datasets and models.")
        repository = _repository(request, KINDS[kind], wanted.removeprefix(f"{kind}/"))
        services.add_item(
            request.user,
            collection=collection,
            repository=repository,
            note=asked["note"],
            added_at=timezone.now(),
        )
        return Response(self.told(collection))


class OneItem(CollectionView):
    def patch(
        self, request: MemberApiRequest, namespace: str, slug: str, item: str
    ) -> Response:
        services.change_item(
            request.user,
            collection=self.collection(namespace, slug),
            item_id=item,
            **body_of(ItemIn, request),
            changed_at=timezone.now(),
        )
        return Response({"success": True})

    def delete(
        self, request: MemberApiRequest, namespace: str, slug: str, item: str
    ) -> Response:
        services.remove_item(
            request.user,
            collection=self.collection(namespace, slug),
            item_id=item,
            removed_at=timezone.now(),
        )
        return Response({"success": True})


def _repository(request: Request, kind: Kind, wanted: str) -> Repository:
    namespace, _, name = wanted.partition("/")
    try:
        return find_repository(
            request.user, kind=kind, namespace=namespace, name=name, follow=True
        )
    except Http404 as absence:
        raise RepositoryNotFound(str(absence)) from absence


def _size(given: str) -> int:
    """Return the length of a page; clients stop by themselves at a larger limit."""
    if given and not (given.isascii() and given.isdigit() and int(given[:9])):
        raise Malformed("limit: give a number from 1.")
    return min(int(given[:9]), LARGEST_SIZE) if given else LARGEST_SIZE
