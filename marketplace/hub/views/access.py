"""Who may read or write a repository, who asked to, and who lets them in."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Organisation, User
from marketplace.accounts.queries import find_person
from marketplace.catalog import services
from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import CLOSED, AccessRequest, AccessState, Repository
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.catalog.queries import access_requests_of
from marketplace.catalog.queries.gates import REQUESTS_ORDER
from marketplace.catalog.services import NoSuchRequest, NotGated
from marketplace.hub.http import HubView, next_link
from marketplace.hub.represented import stamp
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.keyset import LARGEST_SIZE, next_url, page_of
from marketplace.kit.parsers import JSONParser

STATES = {  # of clients; to them, who was let in and is no more was rejected
    "pending": [AccessState.PENDING],
    "accepted": [AccessState.ACCEPTED],
    "rejected": CLOSED,
}
STATUS_OF = {state: status for status, states in STATES.items() for state in states}


class NoSuchPerson(DomainError):
    code = "no_such_person"
    status = 404


class AuthCheck(HubView):
    """200 if the caller may have the files; the refusal they would get if not."""

    takes_confined_tokens = True

    def get(self, request: Request, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        require_access(request.user, repository=repository, at=timezone.now())
        return Response({"ok": True})


class WriteCheck(HubView):
    """200 if the caller may commit."""

    takes_confined_tokens = True

    def get(self, request: Request, namespace: str, name: str) -> Response:
        require(request.user, CHANGE, self.repository(namespace, name))
        return Response({"ok": True})


class GateView(HubView):
    def gated(self, namespace: str, name: str) -> Repository:
        """Return a repository that the caller manages, and that has a gate.

        Raises:
            RepositoryNotFound, PermissionDenied: it is not theirs to manage.
            NotGated: there is nothing to ask for.
        """
        repository = self.repository(namespace, name)
        require(self.request.user, MANAGE, repository)
        if not repository.is_gated:
            raise NotGated(f"{repository} is not gated: see its settings.")
        return repository


class AccessRequests(GateView):
    """Those who wait, are let in, or were turned down; oldest first."""

    status = "pending"

    def get(self, request: Request, namespace: str, name: str) -> Response:
        page = page_of(
            access_requests_of(self.gated(namespace, name)).filter(
                state__in=STATES[self.status]
            ),
            order=REQUESTS_ORDER,
            cursor=request.query_params.get("cursor", ""),
            size=LARGEST_SIZE,
        )
        return Response(
            [_represented(asked) for asked in page.rows],
            headers=next_link(request, next_url(request, page)),
        )


class DecisionIn(serializers.Serializer[AccessRequest]):
    user = serializers.CharField(allow_null=True, default=None)
    requestId = serializers.UUIDField(  # noqa: N815  the wire's name
        allow_null=True, default=None
    )
    status = serializers.ChoiceField([*STATES])
    rejectionReason = serializers.CharField(  # noqa: N815
        allow_null=True, allow_blank=True, default=""
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if (said["user"] is None) == (said["requestId"] is None):
            raise serializers.ValidationError("Give either user or requestId.")
        return said


class PersonIn(serializers.Serializer[User]):
    user = serializers.CharField()


class Handle(GateView):
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Let somebody in who asked, turn them down, or have them wait again."""
        repository = self.gated(namespace, name)
        body = DecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        person, organisation = _asker(repository, said)
        asked = services.decide_access(
            request.user,
            repository=repository,
            user=person,
            organisation=organisation,
            state=STATES[said["status"]][0],
            reason=said["rejectionReason"] or "",
            decided_at=timezone.now(),
        )
        return Response(_represented(asked))


class Grant(GateView):
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Let somebody in who need not have asked."""
        repository = self.gated(namespace, name)
        body = PersonIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked = services.grant_access(
            request.user,
            repository=repository,
            user=_person(body.validated_data["user"]),
            granted_at=timezone.now(),
        )
        return Response(_represented(asked))


class Cancel(HubView):
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Take back one's own request that waits."""
        services.cancel_request(
            request.user,
            repository=self.repository(namespace, name),
            cancelled_at=timezone.now(),
        )
        return Response({"success": True})


class Ask(HubView):
    """Ask to be let in: answers by the labels of the gate's fields, as JSON or a form."""

    parser_classes = [JSONParser, FormParser, MultiPartParser]

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        if not hasattr(request.data, "items"):
            raise Malformed("Send the answers as an object, by label.")
        asked = services.request_access(
            request.user,
            repository=repository,
            answers=dict(request.data.items()),
            requested_at=timezone.now(),
        )
        return Response({"status": STATUS_OF[AccessState(asked.state)]})


def _person(name: str) -> User:
    try:
        return find_person(name)
    except Http404 as absence:
        raise NoSuchPerson(f"user: {absence}") from absence


def _asker(
    repository: Repository, said: dict[str, Any]
) -> tuple[User, Organisation | None]:
    """Return who asked, and for which organisation, by their name or a request's id."""
    if said["user"] is not None:
        return _person(said["user"]), None
    asked = access_requests_of(repository).filter(pk=said["requestId"]).first()
    if asked is None:
        raise NoSuchRequest("requestId: there is no such request here.")
    return asked.user, asked.organisation


def _represented(asked: AccessRequest) -> dict[str, Any]:
    user = asked.user
    return {
        "requestId": str(asked.pk),
        "user": {
            "user": user.username,
            "fullname": user.get_full_name(),
            "email": user.email,
            "type": "user",
        },
        "status": STATUS_OF[AccessState(asked.state)],
        "timestamp": stamp(asked.asked_at),
        "fields": asked.answers,
        **({"rejectionReason": asked.reason} if asked.reason else {}),
    }
