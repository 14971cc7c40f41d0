"""`croissant`: a dataset's version for programs that load data by its description."""

from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.croissant import croissant
from marketplace.catalog.described import described
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at
from marketplace.hub.http import HubView, address
from marketplace.hub.parquet import tables_of
from marketplace.viewer.looking import look_if_there


class LinkedData(JSONRenderer):
    """JSON-LD, for who asks for it by name or for whatever there is."""

    media_type = "application/ld+json"


class Croissant(HubView):
    """Croissant 1.1 of the version that `revision` means; the newest, if it is not said."""

    takes_confined_tokens = True
    renderer_classes = [LinkedData, JSONRenderer]

    def get(self, request: Request, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        revision = request.query_params.get("revision", "") or MAIN
        commit = commit_at(repository, revision)
        told = described(
            request.user,
            repository=repository,
            commit=commit,
            site=address(request, "/").rstrip("/"),
        )
        now = timezone.now()
        looked = look_if_there(
            request.user, repository=repository, commit=commit, at=now
        )
        tables = tables_of(looked, site=told.site) if looked else []
        return Response(
            croissant(request.user, told, at=now, tables=tables),
            headers={"X-Repo-Commit": commit.oid},
        )
