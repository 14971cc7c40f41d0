"""What is said about contests: threads opened, answered, edited, and hidden for good."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.community.models import Post, Thread, Watch
from marketplace.community.models.threads import WHY_CHARACTERS
from marketplace.community.permissions import (
    require_contest_voice,
    require_post_editing,
    require_post_hiding,
)
from marketplace.community.queries.threads import watchers_of
from marketplace.community.services.comments import TEXT_CHARACTERS
from marketplace.community.services.discussions import checked_title
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.words import checked_words
from training.contests.models import Contest
from training.contests.permissions import may_host

MOST_POSTS = 2_000  # in one thread
THREADS_A_DAY = 5  # of one person about one contest that they do not host
POSTS_AN_HOUR = 30  # of one person, everywhere
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TooMuchSaid(DomainError):
    """Somebody has said as much as anyone may in so short a time."""

    code = "too_much_said"
    status = 429


class ThreadLocked(DomainError):
    code = "thread_locked"


class ThreadFull(DomainError):
    code = "thread_full"


class PostHidden(DomainError):
    code = "post_hidden"


@transaction.atomic
def open_thread(
    actor: User, *, contest: Contest, title: str, text: str, at: datetime
) -> Thread:
    """Begin to talk about a contest; its host is told, and who watches for it.

    Args:
        actor: whoever may see the contest.
        contest: what it is about.
        title: 1 to 200 characters on one line.
        text: the first post, Markdown, 1 to 20,000 characters.
        at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
        Malformed: title or text cannot be kept.
        TooMuchSaid: `actor` hosts it not, and opened five of it within a day.
    """
    require_contest_voice(actor, contest)
    _hold(actor)
    of_actor = Thread.objects.filter(contest=contest, author=actor)
    lately = of_actor.filter(opened_at__gt=at - DAY).count()
    if lately >= THREADS_A_DAY and not may_host(actor, contest):
        raise TooMuchSaid(
            gettext(
                "You opened %(threads_a_day)s discussions of this contest within a "
                "day. Go on in one of them, or open another tomorrow."
            )
            % {"threads_a_day": THREADS_A_DAY}
        )
    thread = Thread.objects.create(
        contest=contest,
        title=checked_title(title),
        author=actor,
        opened_at=at,
        last_post_at=at,
    )
    post = _add(actor, thread, text=text, at=at)
    _record(actor, "open_thread", post, at=at)
    _tell(
        {contest.host, *watchers_of(contest)} - {actor},
        thread,
        said=f"A discussion in {contest.title}: “{thread.title}”",
        at=at,
    )
    return thread


@transaction.atomic
def reply(actor: User, *, thread: Thread, text: str, at: datetime) -> Post:
    """Say something in a thread; who speaks there first watches it from then on.

    Args:
        actor: whoever may see the contest.
        thread: with its contest.
        text: Markdown, 1 to 20,000 characters.
        at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not know of it, or is nobody.
        Malformed: the text cannot be kept.
        ThreadLocked: only the hosts go on in it.
        ThreadFull: it has as many posts as it may have.
        TooMuchSaid: `actor` said very much within the hour.
    """
    contest = thread.contest
    require_contest_voice(actor, contest)
    _hold(actor)
    thread.refresh_from_db(
        fields=["is_locked", "post_count"],
        from_queryset=Thread.objects.select_for_update(no_key=True),
    )
    _require_open(actor, thread)
    if thread.post_count >= MOST_POSTS:
        raise ThreadFull(
            gettext(
                "This discussion has %(most_posts)s posts, which is all it may have. "
                "Open another and refer to this one."
            )
            % {"most_posts": f"{MOST_POSTS:,}"}
        )
    post = _add(actor, thread, text=text, at=at)
    _record(actor, "reply", post, at=at)
    _tell(
        {*watchers_of(contest, thread)} - {actor},
        thread,
        said=f"An answer in “{thread.title}”",
        at=at,
    )
    return post


@transaction.atomic
def edit_post(actor: User, *, post: Post, text: str, at: datetime) -> Post:
    """Put other words in a post, which says from then on that it was edited.

    Args:
        actor: who wrote it.
        post: with its thread and contest.
        text: Markdown, 1 to 20,000 characters; the same words change nothing.
        at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        Malformed: the text cannot be kept.
        ThreadLocked: see `reply`.
        PostHidden: there is nothing left to edit.
    """
    require_post_editing(actor, post)
    _require_open(actor, post.thread)
    text = checked_words(text, field="text", most=TEXT_CHARACTERS)
    _lock_shown(post)
    if text != post.text:
        post.text, post.edited_at = text, at
        post.save(update_fields=["text", "edited_at"])
        _record(actor, "edit_post", post, at=at)
    return post


@transaction.atomic
def hide_post(actor: User, *, post: Post, why: str, at: datetime) -> Post:
    """Take a post's words away for good; its place remains, with who did it and why.

    Args:
        actor: who wrote it, a host, or staff.
        post: with its thread and contest.
        why: one line of at most 300 characters; its author need not say.
        at: now.

    Raises:
        Http404, PermissionDenied: `actor` may not.
        Malformed: no reason is given where one is owed.
        PostHidden: it is hidden already.
    """
    require_post_hiding(actor, post)
    why = " ".join(why.split())
    if why or actor.pk != post.author_id:
        why = checked_words(why, field="why", most=WHY_CHARACTERS)
    _lock_shown(post)
    post.text, post.hidden_at, post.hidden_by, post.hidden_why = "", at, actor, why
    post.save(update_fields=["text", "hidden_at", "hidden_by", "hidden_why"])
    _record(actor, "hide_post", post, at=at, reason=why)
    if actor.pk != post.author_id:
        _tell(
            {post.author},
            post.thread,
            said=f"What you said in “{post.thread.title}” was hidden: {why}",
            at=at,
        )
    return post


def _hold(actor: User) -> None:
    """Have others of the same person wait, so that what they say is counted."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)


def _require_open(actor: User, thread: Thread) -> None:
    if thread.is_locked and not may_host(actor, thread.contest):
        raise ThreadLocked(
            gettext(
                "The hosts have locked this discussion: it can be read, and only they "
                "go on."
            )
        )


def _lock_shown(post: Post) -> None:
    post.refresh_from_db(
        fields=["text", "hidden_at"], from_queryset=Post.objects.select_for_update()
    )
    if post.hidden_at is not None:
        raise PostHidden(gettext("This post was hidden; nothing of it is left."))


def _add(actor: User, thread: Thread, *, text: str, at: datetime) -> Post:
    text = checked_words(text, field="text", most=TEXT_CHARACTERS)
    said = Post.objects.filter(author=actor, said_at__gt=at - HOUR).count()
    if said >= POSTS_AN_HOUR and not may_host(actor, thread.contest):
        raise TooMuchSaid(
            gettext(
                "You said %(posts_an_hour)s things within an hour. Wait a little; "
                "what you wrote is not lost as long as this page stays open."
            )
            % {"posts_an_hour": POSTS_AN_HOUR}
        )
    is_first = not Post.objects.filter(thread=thread, author=actor).exists()
    post = Post.objects.create(thread=thread, author=actor, said_at=at, text=text)
    Thread.objects.filter(pk=thread.pk).update(
        post_count=F("post_count") + 1, last_post_at=at
    )
    if is_first:
        watching = Watch(
            user=actor, contest_id=thread.contest_id, thread=thread, since=at
        )
        Watch.objects.bulk_create([watching], ignore_conflicts=True)
    return post


def _tell(people: set[User], thread: Thread, *, said: str, at: datetime) -> None:
    """Note for people that something was said; its words stay where they can be hidden."""
    notify(
        sorted(people, key=_number),
        kind=Letter.TALK,
        subject=said,
        text=f"{said}. Read it, answer, or watch it no longer on its page.",
        path=reverse("community:contest-thread", args=[thread.contest.slug, thread.pk]),
        at=at,
    )


def _number(person: User) -> int:
    return person.pk


def _record(
    actor: User, act: str, post: Post, *, at: datetime, reason: str = ""
) -> None:
    thread = post.thread
    record_act(
        actor,
        act,
        thread,
        at=at,
        slug=thread.contest.slug,
        title=thread.title,
        post=post.pk.hex,
        reason=reason,
    )
