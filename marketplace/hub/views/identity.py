"""Who a token speaks for."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import ApiToken, Membership, Role, Scope
from marketplace.accounts.queries import memberships_of
from marketplace.hub.http import HubView, MemberHubView
from marketplace.hub.represented import stamp

ROLES = {Role.OWNER: "admin", Role.WRITER: "write", Role.READER: "read"}


class WhoAmI(MemberHubView):
    """The account behind the credential, and what the credential may do."""

    takes_confined_tokens = True

    def get(self, request: MemberApiRequest) -> Response:
        user = request.user
        return Response(
            {
                "type": "user",
                "id": user.username,
                "name": user.username,
                "fullname": user.full_name or user.username,
                "email": user.email,
                "canPay": False,
                "isPro": False,
                "orgs": _organisations(memberships_of(user)),
                "auth": _credential(request.auth),
            }
        )


class AgentHarnesses(HubView):
    """What coding assistants clients may name themselves after; we ask for none."""

    takes_confined_tokens = True

    def get(self, request: MemberApiRequest) -> Response:  # noqa: ARG002  DRF's shape
        return Response({"standardEnvVars": [], "harnesses": {}})


def _organisations(memberships: QuerySet[Membership]) -> list[dict[str, Any]]:
    return [
        {
            "type": "org",
            "id": membership.organisation.namespace.name,
            "name": membership.organisation.namespace.name,
            "fullname": membership.organisation.title,
            "roleInOrg": ROLES[Role(membership.role)],
            "canPay": False,
            "isEnterprise": False,
        }
        for membership in memberships
    ]


def _credential(token: ApiToken | None) -> dict[str, Any]:
    if token is None:
        return {"type": "session"}
    return {
        "type": "access_token",
        "accessToken": {
            "displayName": token.label,
            "role": "write" if Scope.REPO_WRITE in token.scopes else "read",
            "createdAt": stamp(token.issued_at),
        },
    }
