"""Threads about a contest, what is said in one, and who watches."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.community.models import Post, Thread, Watch
from marketplace.kit.errors import DomainError
from marketplace.kit.keyset import Order
from training.contests.models import Contest, Visibility
from training.contests.permissions import visible_to

THREADS_ORDER = Order(("is_pinned", "last_post_at", "id"), descending=True)
POSTS_ORDER = Order(("said_at", "id"))


class ThreadNotFound(DomainError):
    code = "thread_not_found"
    status = 404


class PostNotFound(DomainError):
    code = "post_not_found"
    status = 404


def threads_of(contest: Contest) -> QuerySet[Thread]:
    """Return the threads about a contest with their authors; page by `THREADS_ORDER`."""
    return Thread.objects.filter(contest=contest).select_related("author")


def posts_of(thread: Thread) -> QuerySet[Post]:
    """Return what was said in a thread, hidden posts too; page by `POSTS_ORDER`."""
    return Post.objects.filter(thread=thread).select_related("author", "hidden_by")


def find_thread(contest: Contest, thread_id: UUID) -> Thread:
    """Return a thread about a contest that the reader may see.

    Raises:
        ThreadNotFound: there is none.
    """
    found = threads_of(contest).filter(pk=thread_id).first()
    if found is None:
        raise ThreadNotFound(
            gettext("%(contest)s has no such discussion.") % {"contest": contest}
        )
    found.contest = contest
    return found


def find_post(thread: Thread, post_id: UUID) -> Post:
    """Return something said in a thread.

    Raises:
        PostNotFound: there is no such.
    """
    found = posts_of(thread).filter(pk=post_id).first()
    if found is None:
        raise PostNotFound(gettext("The discussion has no such post."))
    found.thread = thread
    return found


def is_watched_by(
    user: User | AnonymousUser, contest: Contest, thread: Thread | None = None
) -> bool:
    """Whether the user is told of answers in the thread, or of the contest's new ones."""
    if not user.is_authenticated:
        return False
    return Watch.objects.filter(contest=contest, thread=thread, user=user).exists()


def watchers_of(contest: Contest, thread: Thread | None = None) -> list[User]:
    """Return who watches a thread, or a contest for new ones, and may still see it.

    Cost: one query; for a private contest one more for each of them.
    """
    watches = Watch.objects.filter(contest=contest, thread=thread)
    people = list(User.objects.filter(pk__in=watches.values("user"), is_active=True))
    if contest.visibility == Visibility.PUBLIC:
        return people
    return [each for each in people if visible_to(each).filter(pk=contest.pk).exists()]
