"""Threads about contests: pinned, locked, watched."""

from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.community.models import Thread, Watch
from marketplace.community.permissions import require_contest_voice
from marketplace.kit.audit import record_act
from training.contests.models import Contest
from training.contests.permissions import require_host


@transaction.atomic
def steer_thread(
    actor: User,
    *,
    thread: Thread,
    is_pinned: bool | None = None,
    is_locked: bool | None = None,
    at: datetime,
) -> Thread:
    """Put a thread first or back among the others; have others go on in it or not.

    Args:
        actor: a host of the contest, or staff.
        thread: with its contest.
        is_pinned: whether it stands before the others; None leaves that.
        is_locked: whether only the hosts go on in it; None leaves that.
        at: now.

    Raises:
        PermissionDenied: `actor` may not.
    """
    require_host(actor, thread.contest)
    thread.refresh_from_db(
        fields=["is_pinned", "is_locked"],
        from_queryset=Thread.objects.select_for_update(no_key=True),
    )
    wanted = {"is_pinned": is_pinned, "is_locked": is_locked}
    changed = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(thread, name)
    }
    if changed:
        for name, value in changed.items():
            setattr(thread, name, value)
        thread.save(update_fields=list(changed))
        record_act(
            actor,
            "steer_thread",
            thread,
            at=at,
            slug=thread.contest.slug,
            title=thread.title,
            **changed,
        )
    return thread


@transaction.atomic
def watch(
    actor: User, *, contest: Contest, thread: Thread | None = None, at: datetime
) -> None:
    """Be told of answers in a thread, or of new threads about a contest.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
    """
    require_contest_voice(actor, contest)
    watching = Watch(user=actor, contest=contest, thread=thread, since=at)
    Watch.objects.bulk_create([watching], ignore_conflicts=True)


@transaction.atomic
def unwatch(actor: User, *, contest: Contest, thread: Thread | None = None) -> None:
    """Be told no more; what one did not watch stays so.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
    """
    require_contest_voice(actor, contest)
    Watch.objects.filter(user=actor, contest=contest, thread=thread).delete()
