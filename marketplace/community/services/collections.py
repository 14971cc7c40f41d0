"""Collections: made, described, filled, put in order, deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.catalog.models import Repository
from marketplace.community.models import Collection, CollectionItem, Theme
from marketplace.community.permissions import require_curator, require_sight
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

TITLE_CHARACTERS = 100
TEXT_CHARACTERS = 500  # of a description, and of a note
MOST_ITEMS = 500
MOST_COLLECTIONS = 500
Placed = TypeVar("Placed", Collection, CollectionItem)


class CollectionTaken(DomainError):
    code = "collection_taken"


class AlreadyCollected(DomainError):
    code = "already_collected"


class CollectionFull(DomainError):
    code = "collection_full"


class NoSuchItem(DomainError):
    code = "item_not_found"
    status = 404


@transaction.atomic
def create_collection(
    actor: User,
    *,
    namespace: Namespace,
    title: str,
    description: str = "",
    is_private: bool = False,
    created_at: datetime,
) -> Collection:
    """Make an empty collection, the last of its namespace.

    Args:
        actor: who may publish in the namespace.
        namespace: whose it is.
        title: 1 to 100 characters on one line, once in a namespace.
        description: at most 500 characters.
        is_private: whether only the namespace's own people see it.
        created_at: now.

    Raises:
        PermissionDenied: `actor` may not publish there.
        Malformed: title or description cannot be so.
        CollectionTaken: there is one of this title; `slug` says which.
        CollectionFull: the namespace has as many as it may have.
    """
    require_writer(actor, namespace)
    # Who counts and places holds the namespace, so that no two are given one place.
    Namespace.objects.select_for_update(no_key=True).get(pk=namespace.pk)
    position = Collection.objects.filter(namespace=namespace).count()
    if position >= MOST_COLLECTIONS:
        raise CollectionFull(
            gettext(
                "“%(namespace_name)s” has %(most_collections)s collections. Delete "
                "one first."
            )
            % {"namespace_name": namespace.name, "most_collections": MOST_COLLECTIONS}
        )
    collection = Collection(
        namespace=namespace,
        title=_checked_title(title),
        description=_text(description, field="description"),
        is_private=is_private,
        position=position,
        created_by=actor,
        created_at=created_at,
        updated_at=created_at,
    )
    _save_titled(collection, fields=None)
    _record(actor, "create_collection", collection, at=created_at)
    return collection


@transaction.atomic
def change_collection(
    actor: User,
    *,
    collection: Collection,
    title: str | None = None,
    description: str | None = None,
    is_private: bool | None = None,
    theme: Theme | str | None = None,
    position: int | None = None,
    changed_at: datetime,
) -> None:
    """Describe a collection anew, show or hide it, or move it; None leaves a thing be.

    Args:
        actor: who may publish in its namespace.
        collection: with its namespace.
        title: see `create_collection`.
        description: see `create_collection`.
        is_private: see `create_collection`.
        theme: one of `Theme`.
        position: among the namespace's collections, from 0; beyond the end is last.
        changed_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        Malformed, CollectionTaken: see `create_collection`.
    """
    require_curator(actor, collection)
    if title is not None:
        collection.title = _checked_title(title)
    if description is not None:
        collection.description = _text(description, field="description")
    if is_private is not None:
        collection.is_private = is_private
    if theme is not None:
        if theme not in Theme.values:
            raise Malformed(
                gettext("theme: choose one of %(lower)s.")
                % {"lower": ", ".join(Theme.values).lower()}
            )
        collection.theme = Theme(theme)
    collection.updated_at = changed_at
    fields = ["title", "description", "is_private", "theme", "updated_at"]
    _save_titled(collection, fields=fields)
    if position is not None:
        Namespace.objects.select_for_update(no_key=True).get(pk=collection.namespace_id)
        beside = Collection.objects.filter(namespace=collection.namespace_id)
        _place(collection, list(beside.order_by("position", "pk")), at=position)
    _record(actor, "change_collection", collection, at=changed_at)


@transaction.atomic
def delete_collection(
    actor: User, *, collection: Collection, deleted_at: datetime
) -> None:
    """Delete a collection for good; what it held stays where it is.

    Raises:
        Http404, PermissionDenied: `actor` may not.
    """
    require_curator(actor, collection)
    _record(actor, "delete_collection", collection, at=deleted_at)
    collection.delete()


@transaction.atomic
def add_item(
    actor: User,
    *,
    collection: Collection,
    repository: Repository,
    note: str = "",
    added_at: datetime,
) -> CollectionItem:
    """Put a repository at the end of a collection.

    Args:
        actor: who may publish in the collection's namespace, and sees the repository.
        collection: with its namespace.
        repository: shown in it to those who may see it.
        note: at most 500 characters.
        added_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        Malformed: the note cannot be so.
        AlreadyCollected: it is in there.
        CollectionFull: there are as many items as there may be.
    """
    require_curator(actor, collection)
    require_sight(actor, repository)
    note = _text(note, field="note")
    items = _held_items(collection)
    if any(item.repository_id == repository.pk for item in items):
        raise AlreadyCollected(
            gettext("%(repository)s is in “%(collection_title)s” already.")
            % {"repository": repository, "collection_title": collection.title}
        )
    if len(items) >= MOST_ITEMS:
        raise CollectionFull(
            gettext(
                "“%(collection_title)s” holds %(most_items)s items, which is all it "
                "may hold."
            )
            % {"collection_title": collection.title, "most_items": MOST_ITEMS}
        )
    item = CollectionItem.objects.create(
        collection=collection,
        repository=repository,
        note=note,
        position=items[-1].position + 1 if items else 0,
    )
    _touch(collection, at=added_at)
    _record(
        actor, "add_to_collection", collection, at=added_at, repository=str(repository)
    )
    return item


@transaction.atomic
def change_item(
    actor: User,
    *,
    collection: Collection,
    item_id: str,
    note: str | None = None,
    position: int | None = None,
    changed_at: datetime,
) -> None:
    """Give an item another note, or another place; None leaves a thing be.

    Args:
        actor: who may publish in the collection's namespace.
        collection: with its namespace.
        item_id: hex digits of the item.
        note: at most 500 characters.
        position: among all its items, from 0; beyond the end is last.
        changed_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        Malformed: the note cannot be so.
        NoSuchItem: there is none of this id.
    """
    require_curator(actor, collection)
    items = _held_items(collection)
    item = _found(items, item_id)
    if note is not None:
        item.note = _text(note, field="note")
        item.save(update_fields=["note"])
    if position is not None:
        _place(item, items, at=position)
    _touch(collection, at=changed_at)
    _record(actor, "change_collection_item", collection, at=changed_at, item=item_id)


@transaction.atomic
def remove_item(
    actor: User, *, collection: Collection, item_id: str, removed_at: datetime
) -> None:
    """Take an item out of a collection.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        NoSuchItem: there is none of this id.
    """
    require_curator(actor, collection)
    _found(_held_items(collection), item_id).delete()
    _touch(collection, at=removed_at)
    _record(actor, "remove_from_collection", collection, at=removed_at, item=item_id)


def _held_items(collection: Collection) -> list[CollectionItem]:
    """Return all items in order, nobody else changing them until the transaction ends."""
    Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    return list(collection.items.order_by("position", "pk"))


def _found(items: Sequence[CollectionItem], item_id: str) -> CollectionItem:
    for item in items:
        if item_id in {item.id.hex, str(item.id)}:
            return item
    raise NoSuchItem(
        gettext("item: this collection has none of that id. Look at it anew.")
    )


def _place(moved: Placed, all_of_them: list[Placed], *, at: int) -> None:
    """Put one row at a place among its like, and number them all from 0."""
    others = [row for row in all_of_them if row.pk != moved.pk]
    others.insert(max(at, 0), moved)
    changed = []
    for position, row in enumerate(others):
        if row.position != position:
            row.position = position
            changed.append(row)
    type(moved)._default_manager.bulk_update(changed, ["position"])  # noqa: SLF001  documented API


def _touch(collection: Collection, *, at: datetime) -> None:
    collection.updated_at = at
    collection.save(update_fields=["updated_at"])


def _save_titled(collection: Collection, *, fields: list[str] | None) -> None:
    try:
        with transaction.atomic():
            collection.save(update_fields=fields)
    except IntegrityError as clash:
        if "community_collection_title_unique" not in str(clash):
            raise
        there = Collection.objects.select_related("namespace").get(
            namespace=collection.namespace_id, title__iexact=collection.title
        )
        raise CollectionTaken(
            gettext("title: “%(namespace_name)s” has a collection “%(there_title)s”.")
            % {"namespace_name": collection.namespace.name, "there_title": there.title},
            slug=str(there),
        ) from clash


def _checked_title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > TITLE_CHARACTERS or not title.isprintable():
        raise Malformed(
            gettext("title: write 1 to %(title_characters)s characters on one line.")
            % {"title_characters": TITLE_CHARACTERS}
        )
    return title


def _text(text: str, *, field: str) -> str:
    return checked_words(text, field=field, most=TEXT_CHARACTERS, is_needed=False)


def _record(
    actor: User, act: str, collection: Collection, *, at: datetime, **more: str
) -> None:
    record_act(
        actor,
        act,
        collection,
        at=at,
        slug=str(collection),
        title=collection.title,
        **more,
    )
