"""Versions of a repository: folders, commits, tags."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog import services
from marketplace.catalog.api.serializers import (
    CommitOut,
    TagIn,
    TagOut,
    TreeEntryOut,
)
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.models import Commit, Ref, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at, commits_of, head_of, tags_of, tree_of
from marketplace.catalog.queries.revisions import COMMITS_ORDER, TAGS_ORDER
from marketplace.catalog.queries.trees import TREE_ORDER
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination

REVISION = OpenApiParameter(
    "revision",
    OpenApiTypes.STR,
    description="A branch, a tag, or the 40 hex digits of a commit.",
    default=MAIN,
)


class RepositoryTree(RepositoryView, ListModelMixin, GenericAPIView[TreeEntry]):
    """What is right inside one folder of a version: folders first, then by name."""

    queryset = TreeEntry.objects.none()
    serializer_class = TreeEntryOut
    pagination_class = KeysetPagination
    keyset = TREE_ORDER

    def get_queryset(self) -> Any:
        repository = self.repository(self.kwargs["namespace"], self.kwargs["name"])
        revision = self.kwargs["revision"].replace(":", "/")  # as our pages write it
        under = self.request.query_params.get("path", "").strip("/")
        if revision == MAIN and not under and head_of(repository) is None:
            return TreeEntry.objects.none()  # new, and there is nothing wrong with it
        return tree_of(repository, revision=revision, under=under)

    @extend_schema(
        parameters=[
            OpenApiParameter("path", OpenApiTypes.STR, description="The folder."),
            OpenApiParameter(
                "revision",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                description="A branch, a tag, or the 40 hex digits of a commit.",
            ),
        ]
    )
    def get(self, request: Request, **_at: str) -> Response:
        return self.list(request)


class RepositoryCommits(RepositoryView, ListModelMixin, GenericAPIView[Commit]):
    """The commits up to a revision, the newest first."""

    queryset = Commit.objects.none()
    serializer_class = CommitOut
    pagination_class = KeysetPagination
    keyset = COMMITS_ORDER

    def get_queryset(self) -> Any:
        repository = self.repository(**self.kwargs)
        revision = self.request.query_params.get("revision", MAIN)
        path = self.request.query_params.get("path", "").strip("/")
        if revision == MAIN and head_of(repository) is None:
            return Commit.objects.none()
        last = commit_at(repository, revision)
        return commits_of(repository, until=last, path=path)

    @extend_schema(
        parameters=[
            REVISION,
            OpenApiParameter(
                "path",
                OpenApiTypes.STR,
                description="Only commits that changed this file or folder.",
            ),
        ]
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)


class RepositoryTags(RepositoryView, ListModelMixin, GenericAPIView[Ref]):
    """Names that stay with one commit."""

    queryset = Ref.objects.none()
    serializer_class = TagOut
    pagination_class = KeysetPagination
    keyset = TAGS_ORDER

    def get_queryset(self) -> Any:
        return tags_of(self.repository(**self.kwargs))

    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)

    @extend_schema(request=TagIn, responses={201: TagOut})
    @idempotent
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Name the commit that a revision means now."""
        repository = self.repository(namespace, name)
        body = TagIn(data=request.data)
        body.is_valid(raise_exception=True)
        tag = services.create_tag(
            request.user,
            repository=repository,
            created_at=timezone.now(),
            **body.validated_data,
        )
        return Response(TagOut(tag).data, status=status.HTTP_201_CREATED)


class RepositoryTag(RepositoryView):
    @extend_schema(responses={204: None})
    def delete(
        self, request: MemberApiRequest, namespace: str, name: str, tag: str
    ) -> Response:
        """Forget a tag; its commit stays."""
        services.delete_tag(
            request.user,
            repository=self.repository(namespace, name),
            name=tag,
            deleted_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
