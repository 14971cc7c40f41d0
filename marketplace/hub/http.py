"""What every view of the protocol shares: who asks, refusals, repositories, addresses."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from structlog.contextvars import get_contextvars

from marketplace.accounts.http import MemberOnly
from marketplace.accounts.models import Scope
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.hub.errors import RepositoryNotFound, refusal_of


class HubView(APIView):
    """One address of the protocol; `kind` is that of the repositories it is about.

    Reads are open as far as the services allow; a token needs `read`, and `write_scope`
    for unsafe methods.
    """

    schema = None  # not an address of our own API
    write_scope = Scope.REPO_WRITE
    kind: Kind = Kind.DATASET

    def get_exception_handler(self) -> Any:
        return refusal_of

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["X-Request-Id"] = get_contextvars().get("request_id", "")
        return answer

    def repository(self, namespace: str, name: str) -> Repository:
        """Return a repository that the caller may know of.

        Raises:
            RepositoryNotFound: there is none, or it is not shared with them.
        """
        try:
            return find_repository(
                self.request.user, kind=self.kind, namespace=namespace, name=name
            )
        except Http404 as absence:
            raise RepositoryNotFound(str(absence)) from absence


class MemberHubView(HubView):
    """What is a member's own: reading it takes a member, too."""

    permission_classes = [MemberOnly]


def address(request: Request, path: str) -> str:
    """Return `path` of this site under the host that the client used."""
    return request.build_absolute_uri(path)


def next_link(request: Request, url: str | None) -> dict[str, str]:
    """Return the `Link` header to the next page, if there is one."""
    return {"Link": f'<{address(request, url)}>; rel="next"'} if url else {}
