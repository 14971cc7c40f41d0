"""Discussions of a repository, and what happened in one of them, in order."""

from collections.abc import Collection as Several
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext

from marketplace.catalog.models import Commit, Repository
from marketplace.catalog.queries.proposals import proposal_commits
from marketplace.community.models import Discussion, Event, EventKind, Status
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order

DISCUSSIONS_ORDER = Order(("number",), descending=True)
MOST_COMMITS = 500
LARGEST_NUMBER = 2**31 - 1
Happening = Event | Commit


class DiscussionNotFound(DomainError):
    code = "discussion_not_found"
    status = 404


class CommentNotFound(DomainError):
    code = "comment_not_found"
    status = 404


def discussions_of(
    repository: Repository,
    *,
    is_pull_request: bool | None = None,
    statuses: Several[str] = tuple(Status),
    author: str = "",
) -> QuerySet[Discussion]:
    """Return the discussions of a repository with their authors, in no order.

    Args:
        repository: one that the reader may see.
        is_pull_request: only those, or only the others; None for both.
        statuses: any of these.
        author: name of who opened them; empty for anyone.
    """
    found = repository.discussions.select_related("author")
    if is_pull_request is not None:
        found = found.filter(is_pull_request=is_pull_request)
    if len(statuses) < len(Status):
        found = found.filter(status__in=statuses)
    if author:
        if "\0" in author:  # PostgreSQL text cannot hold it
            return found.none()
        found = found.filter(author__username__iexact=author)
    return found


def find_discussion(repository: Repository, number: int) -> Discussion:
    """Return the discussion or pull request of this number.

    Args:
        repository: one that the reader may see.
        number: from 1.

    Raises:
        DiscussionNotFound: there is none.
    """
    found = None
    if number <= LARGEST_NUMBER:
        found = discussions_of(repository).filter(number=number).first()
    if found is None:
        raise DiscussionNotFound(
            gettext("%(repository)s has no discussion #%(number)s.")
            % {"repository": repository, "number": number}
        )
    found.repository = repository
    return found


def find_comment(discussion: Discussion, comment_id: str) -> Event:
    """Return a comment of a discussion by its hex digits, hidden ones too.

    Raises:
        CommentNotFound: there is none.
    """
    found = None
    with suppress(ValueError):
        comments = discussion.events.filter(kind=EventKind.COMMENT)
        named = comments.filter(pk=UUID(comment_id))
        found = named.select_related("author").first()
    if found is None:
        raise CommentNotFound(
            gettext("#%(discussion_number)s has no such comment.")
            % {"discussion_number": discussion.number}
        )
    found.discussion = discussion
    return found


def timeline_of(discussion: Discussion) -> list[Happening]:
    """Return all that happened in a discussion, oldest first.

    A pull request's commits are among it: their truth is the catalog's.

    Cost: two queries, and two more for a pull request.
    """
    events = discussion.events.select_related("author", "hidden_by").prefetch_related(
        "edits"
    )
    told: list[Happening] = list(events.order_by("at", "place"))
    if discussion.is_pull_request:
        commits = proposal_commits(discussion.repository, discussion.number)
        told += commits.select_related("author")[:MOST_COMMITS]
        told.sort(key=_time_of)
    return told


def _time_of(happening: Happening) -> datetime:
    if isinstance(happening, Commit):
        return happening.committed_at
    return happening.at
