"""One repository: read, describe, show and hide, put away, bring back, share."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.accounts.queries import find_person
from marketplace.catalog import services
from marketplace.catalog.api.represented import repository_json
from marketplace.catalog.api.serializers import (
    RepositoryChangeIn,
    RepositoryOut,
    ShareIn,
    ShareOut,
)
from marketplace.catalog.api.serializers_access import MoveIn
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import MANAGE, require, shares_of
from marketplace.catalog.queries import Moved, find_deleted, find_repository
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.kit.web import readdressed


class RepositoryView(APIView):
    """What is common: one address, which is a 404 to those who may not see it."""

    write_scope = Scope.REPO_WRITE
    kind: Kind = Kind.DATASET

    def repository(self, namespace: str, name: str) -> Repository:
        return find_repository(
            self.request.user, kind=self.kind, namespace=namespace, name=name
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer; a former address leads on to the present one."""
        answer = super().handle_exception(exc)
        if isinstance(exc, Moved):
            answer.headers["Location"] = readdressed(self.request, **exc.at)
        return answer


class RepositoryDetail(RepositoryView):
    @extend_schema(responses=RepositoryOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        return Response(repository_json(request, repository))

    @extend_schema(request=RepositoryChangeIn, responses=RepositoryOut)
    def patch(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Change the words, who sees it, who may take it, or whether it is read-only."""
        repository = self.repository(namespace, name)
        body = RepositoryChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.change_repository(
            request.user,
            repository=repository,
            changed_at=timezone.now(),
            **body.validated_data,
        )
        return Response(repository_json(request, repository))

    @extend_schema(responses={204: None})
    def delete(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Take it away from everyone. POST to `…/restore` brings it back."""
        services.delete_repository(
            request.user,
            repository=self.repository(namespace, name),
            deleted_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RepositoryRestore(RepositoryView):
    @extend_schema(request=None, responses=RepositoryOut)
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Undo the deletion of what was last deleted at this address."""
        repository = find_deleted(
            request.user, kind=self.kind, namespace=namespace, name=name
        )
        services.restore_repository(
            request.user, repository=repository, restored_at=timezone.now()
        )
        return Response(repository_json(request, repository))


class RepositoryMove(RepositoryView):
    @extend_schema(request=MoveIn, responses=RepositoryOut)
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Give it another address; the present one leads to it from then on."""
        repository = self.repository(namespace, name)
        body = MoveIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.move_repository(
            request.user,
            repository=repository,
            moved_at=timezone.now(),
            **body.validated_data,
        )
        return Response(repository_json(request, repository))


class RepositoryShares(RepositoryView, ListModelMixin, GenericAPIView[Repository]):
    """With whom a repository is shared; members of its namespace are not listed."""

    queryset = Repository.objects.none()
    serializer_class = ShareOut
    pagination_class = KeysetPagination
    keyset = Order(("user__username",))

    def get_queryset(self) -> Any:
        repository = self.repository(**self.kwargs)
        require(self.request.user, MANAGE, repository)
        return shares_of(repository)

    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)

    @extend_schema(request=ShareIn, responses={204: None})
    def put(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Share it with one person, or change the role they have."""
        repository = self.repository(namespace, name)
        body = ShareIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.share(
            request.user,
            repository=repository,
            user=find_person(body.validated_data["user"]),
            role=body.validated_data["role"],
            shared_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RepositoryShare(RepositoryView):
    @extend_schema(responses={204: None})
    def delete(
        self, request: MemberApiRequest, namespace: str, name: str, person: str
    ) -> Response:
        """Take back what was shared with somebody; one may leave by oneself, too."""
        services.unshare(
            request.user,
            repository=self.repository(namespace, name),
            user=find_person(person),
            unshared_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
