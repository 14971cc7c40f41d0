"""One repository at one version, as `repo_info` and its like read it."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.downloads import AccessRefused, require_access
from marketplace.catalog.models import Commit, Repository
from marketplace.catalog.queries import head_of
from marketplace.hub.asked import choices, flag
from marketplace.hub.http import HubView
from marketplace.hub.information import PROPERTIES, USUAL, About, told_of
from marketplace.hub.security import repository_security_json

READS_FILES = {"config", "safetensors"}


class Information(HubView):
    """The newest version of a repository, or the one that a revision means."""

    takes_confined_tokens = True

    def get(
        self, request: Request, namespace: str, name: str, rest: str = ""
    ) -> Response:
        query = request.query_params
        wanted = tuple(choices(query, "expand", PROPERTIES[self.kind]))
        with_blobs = flag(query, "blobs")
        with_security = flag(query, "securityStatus")
        repository, commit = self._version(namespace, name, rest)
        names = wanted or USUAL[self.kind]
        about = About(
            repository,
            commit,
            with_blobs=with_blobs,
            may_take=bool(READS_FILES & set(names)) and self._may_take(repository),
        )
        told = told_of(about, names)
        if with_security:
            told["securityRepoStatus"] = repository_security_json(repository, commit)
        return Response(told)

    def _version(
        self, namespace: str, name: str, rest: str
    ) -> tuple[Repository, Commit | None]:
        if rest:
            version = self.version(namespace, name, rest)
            return version.repository, version.commit
        repository = self.repository(namespace, name)
        return repository, head_of(repository)

    def _may_take(self, repository: Repository) -> bool:
        try:
            require_access(self.request.user, repository=repository, at=timezone.now())
        except AccessRefused:
            return False
        return True
