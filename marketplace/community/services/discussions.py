"""Discussions: opened, renamed, closed and opened again."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import CHANGE
from marketplace.catalog.services import require_open
from marketplace.community.models import (
    Discussion,
    Event,
    EventKind,
    Numbering,
    Status,
)
from marketplace.community.models.discussions import GOING_ON, TITLE_CHARACTERS
from marketplace.community.permissions import require_steering, require_voice
from marketplace.community.services.comments import (
    add_comment,
    add_event,
    record_in,
)
from marketplace.kit.errors import DomainError, Malformed

MOST_OPEN = 50  # of one stranger, in one repository


class TooManyOpen(DomainError):
    code = "too_many_open"


class NothingChanges(DomainError):
    code = "nothing_changes"


class NotSo(DomainError):
    """Not as things stand: a discussion's status cannot become that."""

    code = "status_impossible"


@transaction.atomic
def open_discussion(
    actor: User, *, repository: Repository, title: str, text: str, opened_at: datetime
) -> Discussion:
    """Begin to talk about a repository.

    Args:
        actor: whoever may see it.
        repository: what it is about.
        title: 1 to 200 characters on one line.
        text: the first comment, Markdown.
        opened_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
        RepositoryArchived: it is read-only, and so is what is said of it.
        TooManyOpen: `actor` may not change it and has many open there.
        Malformed: title or text cannot be kept.
    """
    require_opener(actor, repository)
    discussion = Discussion.objects.create(
        repository=repository,
        number=next_number(repository),
        title=checked_title(title),
        is_pull_request=False,
        status=Status.OPEN,
        author=actor,
        opened_at=opened_at,
    )
    first = add_comment(actor, discussion, text=text, at=opened_at)
    record_in(actor, "open_discussion", discussion, at=opened_at, event=first)
    return discussion


@transaction.atomic
def rename_discussion(
    actor: User, *, discussion: Discussion, title: str, renamed_at: datetime
) -> Event:
    """Give a discussion or pull request another title.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        RepositoryArchived, Malformed, DiscussionFull: say what to do.
        NothingChanges: that is its title.
    """
    require_steering(actor, discussion)
    require_open(discussion.repository)
    title = checked_title(title)
    lock(discussion)
    old_title = discussion.title
    if title == old_title:
        raise NothingChanges(gettext("title: that is its title already."))
    discussion.title = title
    discussion.save(update_fields=["title"])
    event = add_event(
        discussion,
        author=actor,
        kind=EventKind.TITLE,
        at=renamed_at,
        old_title=old_title,
        new_title=title,
    )
    record_in(actor, "rename_discussion", discussion, at=renamed_at, event=event)
    return event


@transaction.atomic
def change_status(
    actor: User,
    *,
    discussion: Discussion,
    status: Status | str,
    comment: str = "",
    changed_at: datetime,
) -> Event:
    """Close a discussion or pull request, or open it (again).

    Args:
        actor: who opened it, or may change the repository.
        discussion: with its repository.
        status: `Status.OPEN` or `Status.CLOSED`; merging is an act of its own.
        comment: said along with it, if anything.
        changed_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        RepositoryArchived, Malformed, DiscussionFull: say what to do.
        NothingChanges: that is its status.
        NotSo: it is merged, which stays.
    """
    require_steering(actor, discussion)
    require_open(discussion.repository)
    if status not in {Status.OPEN, Status.CLOSED}:
        raise Malformed(gettext("status: choose open or closed."))
    lock(discussion)
    if discussion.status == status:
        raise NothingChanges(
            gettext("status: #%(discussion_number)s is %(lower)s already.")
            % {"discussion_number": discussion.number, "lower": status.lower()}
        )
    if discussion.status == Status.MERGED:
        raise NotSo(
            gettext("status: #%(discussion_number)s is merged, and stays so.")
            % {"discussion_number": discussion.number}
        )
    if comment.strip():
        add_comment(actor, discussion, text=comment, at=changed_at)
    discussion.status = Status(status)
    discussion.save(update_fields=["status"])
    event = add_event(
        discussion,
        author=actor,
        kind=EventKind.STATUS,
        at=changed_at,
        status=discussion.status,
    )
    record_in(actor, "change_status", discussion, at=changed_at, event=event)
    return event


def require_opener(actor: User, repository: Repository) -> None:
    """Return if `actor` may open one more discussion or pull request.

    Raises:
        Http404, PermissionDenied, RepositoryArchived, TooManyOpen: see `open_discussion`.
    """
    require_voice(actor, repository)
    require_open(repository)
    if actor.has_perm(CHANGE, repository):
        return
    theirs = repository.discussions.filter(author=actor, status__in=GOING_ON)
    if theirs.count() >= MOST_OPEN:
        raise TooManyOpen(
            gettext(
                "You have %(most_open)s discussions open in %(repository)s. Close "
                "some first."
            )
            % {"most_open": MOST_OPEN, "repository": repository}
        )


def lock(discussion: Discussion) -> None:
    """Read a discussion anew and hold it until the transaction ends."""
    discussion.refresh_from_db(
        fields=["title", "status", "merge_oid"],
        from_queryset=Discussion.objects.select_for_update(no_key=True),
    )


def next_number(repository: Repository) -> int:
    """Take the next number of a repository; others wait until the transaction ends."""
    Numbering.objects.get_or_create(repository=repository)
    numbering = Numbering.objects.filter(repository=repository)
    numbering.update(last=F("last") + 1)
    return numbering.get().last


def checked_title(title: str) -> str:
    """Return a title without the blanks around it.

    Raises:
        Malformed: it is empty, too long, or more than one line.
    """
    title = title.strip()
    if not title or len(title) > TITLE_CHARACTERS or not title.isprintable():
        raise Malformed(
            gettext("title: write 1 to %(title_characters)s characters on one line.")
            % {"title_characters": TITLE_CHARACTERS}
        )
    return title
