"""Discussions of contests over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.community import services
from marketplace.community.models import Post, Thread
from marketplace.community.models.discussions import TITLE_CHARACTERS
from marketplace.community.models.threads import WHY_CHARACTERS
from marketplace.community.queries import (
    find_post,
    find_thread,
    posts_of,
    threads_of,
)
from marketplace.community.queries.threads import POSTS_ORDER, THREADS_ORDER
from marketplace.community.services.comments import TEXT_CHARACTERS
from marketplace.kit.keyset import KeysetPagination
from training.api.contests import contest_of


class PostIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=TEXT_CHARACTERS, help_text="Markdown.")


class ThreadIn(PostIn):
    title = serializers.CharField(max_length=TITLE_CHARACTERS)


class ThreadChangeIn(serializers.Serializer[Any]):
    is_pinned = serializers.BooleanField(required=False)
    is_locked = serializers.BooleanField(required=False)


class HideIn(serializers.Serializer[Any]):
    why = serializers.CharField(
        max_length=WHY_CHARACTERS,
        required=False,
        allow_blank=True,
        default="",
        help_text="Needed of another's post; stands in its place.",
    )


class ThreadOut(serializers.ModelSerializer[Thread]):
    author = serializers.CharField(source="author.username", read_only=True)

    class Meta:
        model = Thread
        fields = read_only_fields = [
            *("id", "title", "author", "opened_at", "last_post_at", "post_count"),
            *("is_pinned", "is_locked"),
        ]


class PostOut(serializers.ModelSerializer[Post]):
    author = serializers.CharField(source="author.username", read_only=True)
    hidden_by = serializers.CharField(
        source="hidden_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Post
        fields = read_only_fields = [
            *("id", "author", "said_at", "text", "edited_at"),
            *("hidden_at", "hidden_by", "hidden_why"),
        ]


def thread_of(request: Request, slug: str, thread_id: UUID) -> Thread:
    """Return a thread about a contest that the caller may see, or 404."""
    return find_thread(contest_of(request, slug), thread_id)


class ContestThreads(generics.ListAPIView[Thread]):
    pagination_class = KeysetPagination
    keyset = THREADS_ORDER
    serializer_class = ThreadOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Thread]:
        if getattr(self, "swagger_fake_view", False):
            return Thread.objects.none()
        return threads_of(contest_of(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="contest_thread_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the discussions of a contest: pinned ones, then where last was spoken."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="contest_thread_open", request=ThreadIn, responses={201: ThreadOut}
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Open a discussion; at most five a day, unless one hosts the contest."""
        contest = contest_of(request, slug)
        body = ThreadIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.open_thread(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        answer = ThreadOut(find_thread(contest, made.pk)).data
        return Response(answer, status.HTTP_201_CREATED)


class ContestThread(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_thread_read", responses=ThreadOut)
    def get(self, request: Request, slug: str, thread_id: UUID) -> Response:
        """Show a discussion; what is said in it is below `posts`."""
        return Response(ThreadOut(thread_of(request, slug, thread_id)).data)

    @extend_schema(
        operation_id="contest_thread_steer",
        request=ThreadChangeIn,
        responses=ThreadOut,
    )
    def patch(self, request: MemberApiRequest, slug: str, thread_id: UUID) -> Response:
        """Pin or lock a discussion, or undo that; for hosts."""
        found = thread_of(request, slug, thread_id)
        body = ThreadChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.steer_thread(
            request.user, thread=found, at=timezone.now(), **body.validated_data
        )
        return Response(ThreadOut(changed).data)


class ThreadPosts(generics.ListAPIView[Post]):
    pagination_class = KeysetPagination
    keyset = POSTS_ORDER
    serializer_class = PostOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Post]:
        if getattr(self, "swagger_fake_view", False):
            return Post.objects.none()
        asked = (self.kwargs["slug"], self.kwargs["thread_id"])
        return posts_of(thread_of(self.request, *asked))

    @extend_schema(operation_id="contest_post_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what is said in a discussion, the oldest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="contest_post_create", request=PostIn, responses={201: PostOut}
    )
    def post(self, request: MemberApiRequest, slug: str, thread_id: UUID) -> Response:
        """Answer in a discussion; who watches it is told."""
        found = thread_of(request, slug, thread_id)
        body = PostIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.reply(
            request.user, thread=found, at=timezone.now(), **body.validated_data
        )
        return Response(PostOut(made).data, status.HTTP_201_CREATED)


class ThreadPost(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_post_edit", request=PostIn, responses=PostOut)
    def patch(
        self, request: MemberApiRequest, slug: str, thread_id: UUID, post_id: UUID
    ) -> Response:
        """Put other words in what one said."""
        found = find_post(thread_of(request, slug, thread_id), post_id)
        body = PostIn(data=request.data)
        body.is_valid(raise_exception=True)
        edited = services.edit_post(
            request.user, post=found, at=timezone.now(), **body.validated_data
        )
        return Response(PostOut(edited).data)


class ThreadPostHide(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_post_hide", request=HideIn, responses=PostOut)
    def post(
        self, request: MemberApiRequest, slug: str, thread_id: UUID, post_id: UUID
    ) -> Response:
        """Take a post's words away for good; for its author and for hosts."""
        found = find_post(thread_of(request, slug, thread_id), post_id)
        body = HideIn(data=request.data)
        body.is_valid(raise_exception=True)
        hidden = services.hide_post(
            request.user, post=found, at=timezone.now(), **body.validated_data
        )
        return Response(PostOut(hidden).data)


class ContestWatch(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_watch", request=None, responses={204: None})
    def put(self, request: MemberApiRequest, slug: str) -> Response:
        """Be told of new discussions of a contest."""
        contest = contest_of(request, slug)
        services.watch(request.user, contest=contest, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="contest_unwatch", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str) -> Response:
        """Be told of new discussions no more."""
        services.unwatch(request.user, contest=contest_of(request, slug))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ThreadWatch(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_thread_watch", request=None, responses={204: None}
    )
    def put(self, request: MemberApiRequest, slug: str, thread_id: UUID) -> Response:
        """Be told of answers in a discussion."""
        found = thread_of(request, slug, thread_id)
        services.watch(
            request.user, contest=found.contest, thread=found, at=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="contest_thread_unwatch", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str, thread_id: UUID) -> Response:
        """Be told of answers no more."""
        found = thread_of(request, slug, thread_id)
        services.unwatch(request.user, contest=found.contest, thread=found)
        return Response(status=status.HTTP_204_NO_CONTENT)
