"""What every view of the protocol shares: who asks, refusals, repositories, addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from structlog.contextvars import get_contextvars

from marketplace.accounts.http import MemberOnly, require_scope
from marketplace.accounts.models import ApiToken, Scope
from marketplace.catalog.models import Commit, Kind, Repository
from marketplace.catalog.queries import (
    Confines,
    Moved,
    find_repository,
    split_revision,
)
from marketplace.hub.errors import RepositoryNotFound, refusal_of


@dataclass(frozen=True, slots=True)
class Version:
    """A repository at one commit, and the path asked for there; empty for all of it."""

    repository: Repository
    commit: Commit
    revision: str
    path: str


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
            PermissionDenied: their token is for another repository, and this no read.
        """
        at: dict[str, Any] = {"kind": self.kind, "namespace": namespace, "name": name}
        with absence_of_repositories():
            found = find_repository(self.request.user, **at)
            if self.leaves_confines(found):
                found = find_repository(self.request.user, **at)
        return found

    def leaves_confines(self, repository: Repository) -> bool:
        """Whether the token is for another repository; then it speaks for nobody here.

        Raises:
            PermissionDenied: nobody may do this.
        """
        confines = confines_of(self.request)
        if confines is None or confines.repository == repository.pk:
            return False
        is_read = self.request.method in SAFE_METHODS
        if not is_read and ReadByAnyMethod not in self.permission_classes:
            raise PermissionDenied(
                "This token is for another repository, and changes that alone.",
                code="confined_token",
            )
        self.request.user, self.request.auth = AnonymousUser(), None
        return True

    def version(self, namespace: str, name: str, rest: str) -> Version:
        """Return what `rest`, a revision and perhaps a path, means in a repository.

        The commit is told as `X-Repo-Commit`, whatever else is refused.

        Raises:
            RepositoryNotFound, RevisionNotFound: it means nothing.
        """
        repository = self.repository(namespace, name)
        commit, revision, path = split_revision(repository, rest)
        self.headers["X-Repo-Commit"] = commit.oid
        return Version(repository, commit, revision, path)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Moved):
            return self._redirected(exc)
        return super().handle_exception(exc)

    def _redirected(self, moved: Moved) -> Response:
        """Lead to the same address under the new name, with method and body."""
        former = f"/{self.kwargs['namespace']}/{self.kwargs['name']}"
        present = f"/{moved.at['namespace']}/{moved.at['name']}"
        where = self.request.get_full_path().replace(former, present, 1)
        return Response(status=moved.status, headers={"Location": where})


def confines_of(request: Request) -> Confines | None:
    """Return what the request's token is confined to, if it is."""
    token = request.auth
    if not isinstance(token, ApiToken) or token.confined_to is None:
        return None
    return Confines(token.confined_to, token.issued_at)


@contextmanager
def absence_of_repositories() -> Iterator[None]:
    """Say of what is not found inside the block that it is a repository."""
    try:
        yield
    except Http404 as absence:
        raise RepositoryNotFound(str(absence)) from absence


class ReadByAnyMethod(BasePermission):
    """What reads although it is a POST: open as reads are, to a token with `read`."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  DRF's shape
        require_scope(request, Scope.READ)
        return True


class MemberHubView(HubView):
    """What is a member's own: reading it takes a member, too."""

    permission_classes = [MemberOnly]


def address(request: Request, path: str) -> str:
    """Return `path` of this site under the host that the client used."""
    return request.build_absolute_uri(path)


def next_link(request: Request, url: str | None) -> dict[str, str]:
    """Return the `Link` header to the next page, if there is one."""
    return {"Link": f'<{address(request, url)}>; rel="next"'} if url else {}


def body_of(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what a request says, as `serializer` reads it; no body says nothing.

    Raises:
        ValidationError: it is not what the serializer asks for.
    """
    asked = serializer(data=request.data or {})
    asked.is_valid(raise_exception=True)
    told: dict[str, Any] = asked.validated_data
    return told
