"""Who may do what in a discussion, in a thread about a contest and with a collection.

About a repository, or a contest, speaks whoever may see it. Its author steers a discussion,
and so do those who may change the repository; only these merge.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import may_write_in
from marketplace.accounts.queries import namespaces_of, role_in
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import CHANGE, AnyUser, may_see
from marketplace.community.models import Collection, Discussion, Event, Post
from training.contests.models import Contest
from training.contests.permissions import may_host, visible_to


def require_sight(user: AnyUser, repository: Repository) -> None:
    """Return if `user` may know of the repository.

    Raises:
        Http404: they may not, or it is deleted.
    """
    if repository.deleted_at is not None or not may_see(user, repository):
        raise Http404(f"There is no “{repository}”, or it is not shared with you.")


def require_voice(user: User, repository: Repository) -> None:
    """Return if `user` may speak about the repository: whoever sees it, signed in.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    require_sight(user, repository)
    if not user.is_active:
        raise PermissionDenied("Sign in to take part.")


def may_steer(user: AnyUser, discussion: Discussion) -> bool:
    """Whether `user` may close, open and rename it. Cost: at most two queries."""
    if not user.is_active:
        return False
    is_author = discussion.author_id == user.pk
    return is_author or user.has_perm(CHANGE, discussion.repository)


def require_steering(user: User, discussion: Discussion) -> None:
    """Return if `user` may close, open and rename the discussion.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    require_voice(user, discussion.repository)
    if not may_steer(user, discussion):
        raise PermissionDenied(
            "Only who opened it, and those who may change the repository, may do this."
        )


def require_editing(user: User, comment: Event) -> None:
    """Return if `user` may change the words of a comment: they are its author's.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    require_voice(user, comment.discussion.repository)
    if comment.author_id != user.pk:
        raise PermissionDenied("Only who wrote a comment may edit it.")


def require_hiding(user: User, comment: Event) -> None:
    """Return if `user` may hide a comment: its author, and who may change the repository.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    repository = comment.discussion.repository
    require_voice(user, repository)
    if comment.author_id != user.pk and not user.has_perm(CHANGE, repository):
        raise PermissionDenied(
            "Only who wrote a comment, and those who may change the repository, may "
            "hide it."
        )


def require_contest_voice(user: User, contest: Contest) -> None:
    """Return if `user` may speak about the contest: whoever sees it, signed in.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    if not visible_to(user).filter(pk=contest.pk).exists():
        raise Http404("There is no such contest, or it is not shared with you.")
    if not user.is_active:
        raise PermissionDenied("Sign in to take part.")


def require_post_editing(user: User, post: Post) -> None:
    """Return if `user` may change the words of a post: they are its author's.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    require_contest_voice(user, post.thread.contest)
    if post.author_id != user.pk:
        raise PermissionDenied("Only who wrote it may edit it.")


def require_post_hiding(user: User, post: Post) -> None:
    """Return if `user` may hide a post: its author, the contest's hosts, and staff.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    contest = post.thread.contest
    require_contest_voice(user, contest)
    if post.author_id != user.pk and not may_host(user, contest):
        raise PermissionDenied("Only who wrote it and the contest's hosts may hide it.")


def may_see_collection(user: AnyUser, collection: Collection) -> bool:
    if not collection.is_private:
        return True
    if not user.is_active:
        return False
    return user.is_superuser or role_in(user, collection.namespace) is not None


def visible_collections(user: AnyUser) -> QuerySet[Collection]:
    """Return what `user` may see: all that is public, and what is their namespaces'."""
    if user.is_active and user.is_superuser:
        return Collection.objects.all()
    own = namespaces_of(user) if user.is_active else Namespace.objects.none()
    return Collection.objects.filter(
        Q(is_private=False) | Q(namespace__in=own.values("pk"))
    )


def require_curator(user: User, collection: Collection) -> None:
    """Return if `user` may change a collection: who may publish in its namespace.

    Raises:
        Http404, PermissionDenied: they may not.
    """
    if not may_see_collection(user, collection):
        raise Http404(f"There is no collection “{collection}”.")
    if not may_write_in(user, collection.namespace):
        raise PermissionDenied(
            f"Only the owners and writers of “{collection.namespace.name}” may change "
            "its collections."
        )
