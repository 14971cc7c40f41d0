"""Whether the caller may read or write a repository, asked before the work begins."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.downloads import require_access
from marketplace.catalog.permissions import CHANGE, require
from marketplace.hub.http import HubView


class AuthCheck(HubView):
    """200 if the caller may have the files; the refusal they would get if not."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        require_access(request.user, repository=repository, at=timezone.now())
        return Response({"ok": True})


class WriteCheck(HubView):
    """200 if the caller may commit."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        require(request.user, CHANGE, self.repository(namespace, name))
        return Response({"ok": True})
