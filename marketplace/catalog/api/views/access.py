"""Gates: ask to be let in; see who asked and let them in; see who took what."""

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
from marketplace.accounts.queries import find_person
from marketplace.catalog import services
from marketplace.catalog.api.serializers_access import (
    AccessIn,
    AccessOut,
    AccessRequestOut,
    DecisionIn,
    TakingOut,
)
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Download,
    Repository,
)
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.queries import (
    access_request_of,
    access_requests_of,
    gate_of,
    takings_of,
)
from marketplace.catalog.queries.gates import REQUESTS_ORDER
from marketplace.catalog.queries.repositories import TAKINGS_ORDER
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination

STATE = OpenApiParameter(
    "state",
    OpenApiTypes.STR,
    enum=AccessState.values,
    description="Only requests that stand so.",
)


class RepositoryAccess(RepositoryView):
    @extend_schema(responses=AccessOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say what the gate asks, and how one stands before it."""
        repository = self.repository(namespace, name)
        asked = access_request_of(request.user, repository)
        return Response(_standing(repository, asked))

    @extend_schema(request=AccessIn, responses={201: AccessOut})
    @idempotent
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Ask to be let in. The owners see one's name, e-mail address and answers."""
        repository = self.repository(namespace, name)
        body = AccessIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked = services.request_access(
            request.user,
            repository=repository,
            answers=body.validated_data["answers"],
            requested_at=timezone.now(),
        )
        return Response(_standing(repository, asked), status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def delete(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Take back a request that waits; its answers are forgotten."""
        services.cancel_request(
            request.user,
            repository=self.repository(namespace, name),
            cancelled_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RepositoryAccessRequests(
    RepositoryView, ListModelMixin, GenericAPIView[AccessRequest]
):
    """Who asked to be let in, for those who manage the repository; oldest first."""

    queryset = AccessRequest.objects.none()
    serializer_class = AccessRequestOut
    pagination_class = KeysetPagination
    keyset = REQUESTS_ORDER

    def get_queryset(self) -> Any:
        repository = self.repository(**self.kwargs)
        require(self.request.user, MANAGE, repository)
        state = self.request.query_params.get("state")
        if state not in {None, *AccessState.values}:
            raise Malformed(f"state: choose one of {', '.join(AccessState.values)}.")
        return access_requests_of(repository, state)

    @extend_schema(parameters=[STATE])
    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)


class RepositoryAccessRequest(RepositoryView):
    @extend_schema(request=DecisionIn, responses=AccessRequestOut)
    def put(
        self, request: MemberApiRequest, namespace: str, name: str, person: str
    ) -> Response:
        """Let somebody in, who need not have asked; turn them down; let them wait."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        body = DecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        user, now = find_person(person), timezone.now()
        if body.validated_data["state"] == AccessState.ACCEPTED:
            asked = services.grant_access(
                request.user, repository=repository, user=user, granted_at=now
            )
        else:
            asked = services.decide_access(
                request.user,
                repository=repository,
                user=user,
                decided_at=now,
                **body.validated_data,
            )
        return Response(AccessRequestOut(asked).data)


class RepositoryDownloads(RepositoryView, ListModelMixin, GenericAPIView[Download]):
    """Who took what, newest first; kept for a year, of gated and paid repositories."""

    queryset = Download.objects.none()
    serializer_class = TakingOut
    pagination_class = KeysetPagination
    keyset = TAKINGS_ORDER

    def get_queryset(self) -> Any:
        repository = self.repository(**self.kwargs)
        require(self.request.user, MANAGE, repository)
        return takings_of(repository)

    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)


def _standing(repository: Repository, asked: AccessRequest | None) -> dict[str, Any]:
    standing = {
        "gating": repository.gating,
        "gate": gate_of(repository),
        "state": asked.state if asked else None,
        "reason": asked.reason if asked else None,
        "asked_at": asked.asked_at if asked else None,
        "decided_at": asked.decided_at if asked else None,
    }
    return dict(AccessOut(standing).data)
