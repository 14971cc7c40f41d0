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
from marketplace.accounts.models import Organisation, User
from marketplace.accounts.queries import (
    find_namespace,
    find_organisation,
    find_person,
)
from marketplace.catalog import services
from marketplace.catalog.api.serializers_access import (
    AccessIn,
    AccessOut,
    AccessRequestDetailOut,
    AccessRequestOut,
    DecisionIn,
    DecisionsIn,
    DecisionsOut,
    TakingOut,
)
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Download,
    Repository,
)
from marketplace.catalog.permissions import MANAGE, AnyUser, require
from marketplace.catalog.queries import (
    access_requests_of,
    gate_of,
    standing_of,
    takings_of,
)
from marketplace.catalog.queries.gates import REQUESTS_ORDER, with_rounds
from marketplace.catalog.queries.repositories import TAKINGS_ORDER
from marketplace.catalog.services import NoSuchRequest
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination

STATE = OpenApiParameter(
    "state",
    OpenApiTypes.STR,
    enum=AccessState.values,
    description="Only requests that stand so.",
)
WORDS = OpenApiParameter(
    "q",
    OpenApiTypes.STR,
    description="Only requests in whose asker or answers this is found.",
)
ORGANISATION = OpenApiParameter(
    "organisation",
    OpenApiTypes.STR,
    description="For which organisation it was asked, if not for oneself.",
)


class RepositoryAccess(RepositoryView):
    @extend_schema(responses=AccessOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say what the gate asks, and how one stands before it."""
        repository = self.repository(namespace, name)
        return Response(_standing(repository, request.user))

    @extend_schema(request=AccessIn, responses={201: AccessOut})
    @idempotent
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Ask to be let in. The owners see one's name, e-mail address and answers."""
        repository = self.repository(namespace, name)
        body = AccessIn(data=request.data)
        body.is_valid(raise_exception=True)
        organisation = _organisation(body.validated_data["organisation"])
        services.request_access(
            request.user,
            repository=repository,
            answers=body.validated_data["answers"],
            requested_at=timezone.now(),
            organisation=organisation,
        )
        standing = _standing(repository, request.user, organisation)
        return Response(standing, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[ORGANISATION], responses={204: None})
    def delete(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Take back a request that waits; its answers are forgotten."""
        services.cancel_request(
            request.user,
            repository=self.repository(namespace, name),
            organisation=_organisation(request.query_params.get("organisation", "")),
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
        words = self.request.query_params.get("q", "")
        return access_requests_of(repository, state, words=words)

    @extend_schema(parameters=[STATE, WORDS])
    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)

    @extend_schema(request=DecisionsIn, responses=DecisionsOut)
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Decide of many at once, by their ids or by what they match."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        body = DecisionsIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        ids, matching = said.pop("requests"), said.pop("matching")
        chosen = (
            access_requests_of(repository, matching["state"], words=matching["q"])
            if matching
            else access_requests_of(repository).filter(pk__in=ids)
        )
        changed = services.decide_many(
            request.user,
            repository=repository,
            chosen=chosen,
            decided_at=timezone.now(),
            **said,
        )
        return Response(DecisionsOut({"changed": changed}).data)


class RepositoryAccessRequest(RepositoryView):
    """The request of one person, or of one organisation, by their name."""

    @extend_schema(responses=AccessRequestDetailOut)
    def get(self, request: Request, namespace: str, name: str, person: str) -> Response:
        """Tell what somebody asked, and all that was asked and decided before."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        user, organisation = _named(person)
        asked = with_rounds(access_requests_of(repository))
        found = asked.filter(organisation=organisation)
        one = found.first() if organisation else found.filter(user=user).first()
        if one is None:
            raise NoSuchRequest(f"{person} has not asked for access here.")
        return Response(AccessRequestDetailOut(one).data)

    @extend_schema(request=DecisionIn, responses=AccessRequestOut)
    def put(
        self, request: MemberApiRequest, namespace: str, name: str, person: str
    ) -> Response:
        """Let somebody in, who need not have asked; turn them down; let them wait."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        body = DecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        said, now = body.validated_data, timezone.now()
        user, organisation = _named(person)
        if user is not None and said["state"] == AccessState.ACCEPTED:
            asked = services.grant_access(
                request.user, repository=repository, user=user, granted_at=now
            )
        else:
            asked = services.decide_access(
                request.user,
                repository=repository,
                user=user or request.user,
                organisation=organisation,
                decided_at=now,
                **said,
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


def _named(name: str) -> tuple[User | None, Organisation | None]:
    """Return the person or the organisation of a name."""
    organisation = find_namespace(name).organisation
    return (None if organisation else find_person(name)), organisation


def _organisation(name: str) -> Organisation | None:
    return find_organisation(name) if name else None


def _standing(
    repository: Repository, user: AnyUser, organisation: Organisation | None = None
) -> dict[str, Any]:
    """Say how somebody stands; of an organisation, how that does."""
    standing = standing_of(user, repository)
    asked = standing.foremost
    if organisation is not None:
        asked = standing.request_for(organisation)
    told = {
        "gating": repository.gating,
        "gate": gate_of(repository),
        "state": asked.state if asked else None,
        "reason": asked.reason if asked else None,
        "organisation": asked.asker if asked and asked.organisation else None,
        "may_ask_again": asked.may_be_asked_again if asked else None,
        "asked_at": asked.asked_at if asked else None,
        "decided_at": asked.decided_at if asked else None,
    }
    return dict(AccessOut(told).data)
