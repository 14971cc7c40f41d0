"""Pull requests: discussions that propose commits, which others may merge."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.services import merge_proposal, open_proposal, require_open
from marketplace.community.models import Discussion, Event, EventKind, Status
from marketplace.community.permissions import require_voice
from marketplace.community.services.comments import (
    add_comment,
    add_event,
    record_in,
)
from marketplace.community.services.discussions import (
    checked_title,
    lock,
    next_number,
    require_opener,
)
from marketplace.kit.errors import DomainError, Malformed


class NotMergeable(DomainError):
    code = "not_mergeable"


@transaction.atomic
def open_pull_request(
    actor: User,
    *,
    repository: Repository,
    title: str,
    description: str = "",
    base: str = MAIN,
    is_draft: bool = False,
    opened_at: datetime,
) -> Discussion:
    """Propose commits to a branch; the proposal begins where the branch is.

    Args:
        actor: whoever may see the repository; they may then commit to `refs/pr/{number}`.
        repository: to which.
        title: 1 to 200 characters on one line.
        description: the first comment, Markdown; there is none if it is empty.
        base: the branch that it is meant for.
        is_draft: whether it is not to be merged yet.
        opened_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
        RepositoryArchived: it is read-only.
        TooManyOpen: see `open_discussion`.
        Malformed: title, text or branch cannot be so.
    """
    require_opener(actor, repository)
    discussion = Discussion.objects.create(
        repository=repository,
        number=next_number(repository),
        title=checked_title(title),
        is_pull_request=True,
        status=Status.DRAFT if is_draft else Status.OPEN,
        base=base,
        author=actor,
        opened_at=opened_at,
    )
    open_proposal(
        actor,
        repository=repository,
        number=discussion.number,
        base=base,
        opened_at=opened_at,
    )
    first = None
    if description.strip():
        first = add_comment(actor, discussion, text=description, at=opened_at)
    record_in(actor, "open_pull_request", discussion, at=opened_at, event=first)
    return discussion


@transaction.atomic
def merge_pull_request(
    actor: User, *, discussion: Discussion, comment: str = "", merged_at: datetime
) -> Event:
    """Make what a pull request proposes a commit of its branch.

    Args:
        actor: who may change the repository.
        discussion: an open pull request, with its repository.
        comment: said along with it, if anything.
        merged_at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        RepositoryArchived, QuotaExceeded, Malformed, DiscussionFull: say what to do.
        NotMergeable: it is a draft, closed, merged, or no pull request.
        MergeConflict: the branch changed the same files; the message names them.
    """
    repository = discussion.repository
    require_voice(actor, repository)
    require(actor, CHANGE, repository)
    require_open(repository)
    if not discussion.is_pull_request:
        raise Malformed(
            gettext(
                "#%(discussion_number)s is a discussion: there is nothing to merge."
            )
            % {"discussion_number": discussion.number}
        )
    lock(discussion)
    if discussion.status != Status.OPEN:
        raise NotMergeable(_why_not(discussion))
    if comment.strip():
        add_comment(actor, discussion, text=comment, at=merged_at)
    merged = merge_proposal(
        actor,
        repository=repository,
        number=discussion.number,
        message=f"{discussion.title} (#{discussion.number})",
        merged_at=merged_at,
    )
    discussion.status, discussion.merge_oid = Status.MERGED, merged.oid
    discussion.save(update_fields=["status", "merge_oid"])
    event = add_event(
        discussion,
        author=actor,
        kind=EventKind.STATUS,
        at=merged_at,
        status=Status.MERGED,
    )
    record_in(actor, "merge_pull_request", discussion, at=merged_at, event=event)
    return event


def _why_not(discussion: Discussion) -> str:
    if discussion.status == Status.MERGED:
        return f"#{discussion.number} is merged already."
    was = "a draft" if discussion.status == Status.DRAFT else "closed"
    return f"#{discussion.number} is {was}. Open it, then merge."
