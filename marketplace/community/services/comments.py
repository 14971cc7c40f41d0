"""What is said in a discussion: comments, their edits, and hiding them for good."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Length
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.services import require_open
from marketplace.community.models import Discussion, Edit, Event, EventKind
from marketplace.community.permissions import (
    require_editing,
    require_hiding,
    require_voice,
)
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.words import checked_words

TEXT_CHARACTERS = 20_000
MOST_EVENTS = 500
MOST_CHARACTERS = 1_000_000  # in one discussion, what was said before edits included


class DiscussionFull(DomainError):
    code = "discussion_full"


class CommentHidden(DomainError):
    code = "comment_hidden"


@transaction.atomic
def comment(
    actor: User, *, discussion: Discussion, text: str, commented_at: datetime
) -> Event:
    """Say something in a discussion, be it open or closed.

    Args:
        actor: whoever may see the repository.
        discussion: with its repository.
        text: Markdown, 1 to 20,000 characters.
        commented_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
        RepositoryArchived: it is read-only, and so is what is said of it.
        Malformed: the text cannot be kept.
        DiscussionFull: it has as many events as it may have.
    """
    require_voice(actor, discussion.repository)
    require_open(discussion.repository)
    made = add_comment(actor, discussion, text=text, at=commented_at)
    record_in(actor, "comment_discussion", discussion, at=commented_at, event=made)
    return made


@transaction.atomic
def edit_comment(
    actor: User, *, comment: Event, text: str, edited_at: datetime
) -> Event:
    """Put other words in a comment; what it said before is kept beside it.

    Args:
        actor: who wrote it.
        comment: with its discussion and repository.
        text: Markdown, 1 to 20,000 characters; the same words change nothing.
        edited_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        RepositoryArchived, Malformed, DiscussionFull: see `comment`.
        CommentHidden: there is nothing left to edit.
    """
    require_editing(actor, comment)
    require_open(comment.discussion.repository)
    text = checked_words(text, field="content", most=TEXT_CHARACTERS)
    _lock_shown(comment)
    if text == comment.text:
        return comment
    _require_room(comment.discussion, text)
    Edit.objects.create(comment=comment, text=comment.text, replaced_at=edited_at)
    comment.text, comment.edited_at = text, edited_at
    comment.save(update_fields=["text", "edited_at"])
    record_in(actor, "edit_comment", comment.discussion, at=edited_at, event=comment)
    return comment


@transaction.atomic
def hide_comment(actor: User, *, comment: Event, hidden_at: datetime) -> Event:
    """Take a comment's words away for good, earlier ones too; its place remains.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        RepositoryArchived: see `comment`.
        CommentHidden: it is hidden already.
    """
    require_hiding(actor, comment)
    require_open(comment.discussion.repository)
    _lock_shown(comment)
    comment.edits.all().delete()
    comment.text, comment.hidden_at, comment.hidden_by = "", hidden_at, actor
    comment.save(update_fields=["text", "hidden_at", "hidden_by"])
    record_in(actor, "hide_comment", comment.discussion, at=hidden_at, event=comment)
    return comment


def _lock_shown(comment: Event) -> None:
    comment.refresh_from_db(
        fields=["text", "edited_at", "hidden_at"],
        from_queryset=Event.objects.select_for_update(),
    )
    if comment.hidden_at is not None:
        raise CommentHidden(gettext("This comment was hidden; nothing of it is left."))


def add_comment(
    actor: User, discussion: Discussion, *, text: str, at: datetime
) -> Event:
    """Write a comment in the act of somebody who was found to be allowed to.

    Raises:
        Malformed, DiscussionFull: see `comment`.
    """
    text = checked_words(text, field="comment", most=TEXT_CHARACTERS)
    _require_room(discussion, text)
    made = add_event(discussion, author=actor, kind=EventKind.COMMENT, at=at, text=text)
    more = F("comment_count") + 1
    Discussion.objects.filter(pk=discussion.pk).update(comment_count=more)
    return made


def _require_room(discussion: Discussion, text: str) -> None:
    """Return if so much more may be said: a discussion is read as a whole."""
    length = Sum(Length("text"))
    said = discussion.events.aggregate(length=length)["length"] or 0
    before = Edit.objects.filter(comment__discussion=discussion)
    said += before.aggregate(length=length)["length"] or 0
    if said + len(text) > MOST_CHARACTERS:
        raise DiscussionFull(
            gettext(
                "This discussion has %(most_characters)s characters, which is all it "
                "may have. Open another and refer to this one."
            )
            % {"most_characters": f"{MOST_CHARACTERS:,}"}
        )


def add_event(
    discussion: Discussion, *, author: User, kind: EventKind, at: datetime, **facts: str
) -> Event:
    """Write down that something happened.

    Raises:
        DiscussionFull: the discussion has as many events as it may have.
    """
    place = discussion.events.count()
    if place >= MOST_EVENTS:
        raise DiscussionFull(
            gettext(
                "This discussion has %(most_events)s events, which is all it may "
                "have. Open another and refer to this one."
            )
            % {"most_events": MOST_EVENTS}
        )
    return Event.objects.create(
        discussion=discussion, kind=kind, author=author, at=at, place=place, **facts
    )


def record_in(
    actor: User,
    act: str,
    discussion: Discussion,
    *,
    at: datetime,
    event: Event | None = None,
) -> None:
    """Write an act in a discussion into the audit trail, as webhooks need it."""
    repository = discussion.repository
    record_act(
        actor,
        act,
        discussion,
        at=at,
        repository=str(repository),
        repository_id=str(repository.pk),
        repository_kind=str(repository.kind),
        discussion=discussion.number,
        title=discussion.title,
        status=str(discussion.status),
        is_pull_request=discussion.is_pull_request,
        comment=event.id.hex if event and event.is_comment else None,
        event=event.id.hex if event else None,
    )
