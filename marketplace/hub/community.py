"""The JSON of likes, discussions and collections, as clients read it."""

from typing import Any

from rest_framework.request import Request

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Commit, Repository
from marketplace.community.markup import rendered
from marketplace.community.models import (
    Collection,
    CollectionItem,
    Discussion,
    Event,
    EventKind,
    Like,
)
from marketplace.community.queries.discussions import Happening
from marketplace.hub.http import address
from marketplace.hub.represented import stamp

Json = dict[str, Any]


def person(user: User) -> Json:
    return {
        "name": user.username,
        "fullname": user.full_name or user.username,
        "type": "user",
        "avatarUrl": "",
    }


def repository_name(repository: Repository) -> Json:
    return {"name": str(repository), "type": repository.kind.lower()}


def like_given(like: Like) -> Json:
    """Return one of the likes that somebody gave."""
    return {
        "createdAt": stamp(like.liked_at),
        "repo": repository_name(like.repository),
    }


def liker(like: Like) -> Json:
    """Return who gave a like; here a person's name is called `user`."""
    return {**person(like.user), "user": like.user.username}


def discussion_line(discussion: Discussion, repository: Repository) -> Json:
    """Return a discussion as lists have it."""
    return {
        "num": discussion.number,
        "title": discussion.title,
        "status": discussion.status.lower(),
        "isPullRequest": discussion.is_pull_request,
        "author": person(discussion.author),
        "repo": repository_name(repository),
        "createdAt": stamp(discussion.opened_at),
        "numComments": discussion.comment_count,
    }


def discussion_page(
    request: Request, discussion: Discussion, timeline: list[Happening]
) -> Json:
    """Return a discussion with all that happened in it."""
    repository = discussion.repository
    shown = rendered(each for each in timeline if isinstance(each, Event))
    page = {
        **discussion_line(discussion, repository),
        "url": discussion_url(request, discussion),
        "events": [
            event_of(each, shown[each.pk])
            if isinstance(each, Event)
            else commit_event(each)
            for each in timeline
        ],
    }
    if discussion.is_pull_request:
        page["changes"] = {"base": f"refs/heads/{discussion.base}"}
        if discussion.merge_oid:
            page["changes"]["mergeCommitId"] = discussion.merge_oid
    return page


def discussion_url(request: Request, discussion: Discussion) -> str:
    repository = discussion.repository
    kind = "" if repository.plural == "models" else f"/{repository.plural}"
    return address(request, f"{kind}/{repository}/discussions/{discussion.number}")


def event_told(event: Event) -> Json:
    """Return one event by itself."""
    return event_of(event, rendered([event])[event.pk])


def event_of(event: Event, html: str) -> Json:
    """Return an event; `html` is what a comment looks like."""
    kinds = {
        EventKind.COMMENT: "comment",
        EventKind.STATUS: "status-change",
        EventKind.TITLE: "title-change",
    }
    return {
        "id": event.id.hex,
        "type": kinds[EventKind(event.kind)],
        "createdAt": stamp(event.at),
        "author": person(event.author),
        "data": _data(event, html),
    }


def _data(event: Event, html: str) -> Json:
    if event.kind == EventKind.STATUS:
        return {"status": event.status.lower()}
    if event.kind == EventKind.TITLE:
        return {"from": event.old_title, "to": event.new_title}
    author = person(event.author)
    history = [
        {"raw": edit.text, "updatedAt": stamp(edit.replaced_at), "author": author}
        for edit in event.edits.all()
    ]
    return {
        "edited": event.edited_at is not None,
        "hidden": event.hidden_at is not None,
        "hiddenBy": event.hidden_by.username if event.hidden_by else None,
        "latest": {
            "raw": event.text,
            "html": html,
            "updatedAt": stamp(event.edited_at or event.at),
            "author": author,
        },
        "numEdits": len(history),
        "history": history,
    }


def commit_event(commit: Commit) -> Json:
    """Return a commit of a pull request as the event that it is."""
    return {
        "id": commit.oid,
        "type": "commit",
        "createdAt": stamp(commit.committed_at),
        "author": person(commit.author),
        "data": {"subject": commit.title, "oid": commit.oid},
    }


def collection_line(collection: Collection, items: list[CollectionItem]) -> Json:
    """Return a collection as lists have it: without its place, which they count."""
    return {
        "slug": str(collection),
        "title": collection.title,
        "description": collection.description,
        "owner": _owner(collection.namespace),
        "private": collection.is_private,
        "theme": collection.theme.lower(),
        "upvotes": 0,  # nobody can upvote here, and clients need the number
        "lastUpdated": stamp(collection.updated_at),
        "items": [_item(item, place) for place, item in enumerate(items)],
    }


def collection_page(collection: Collection, items: list[CollectionItem]) -> Json:
    return {**collection_line(collection, items), "position": collection.position}


def _owner(namespace: Namespace) -> Json:
    if namespace.user is not None:
        return person(namespace.user)
    title = namespace.organisation.title if namespace.organisation else namespace.name
    return {"name": namespace.name, "fullname": title, "type": "org", "avatarUrl": ""}


def _item(item: CollectionItem, place: int) -> Json:
    repository = item.repository
    told = {
        "_id": item.id.hex,
        "id": str(repository),
        "type": repository.kind.lower(),
        "position": place,
        "author": repository.namespace.name,
        "private": not repository.is_public,
        "downloads": repository.downloads,
        "likes": repository.likes,
        "lastModified": stamp(repository.updated_at),
    }
    if item.note:
        told["note"] = {"text": item.note}
    return told
