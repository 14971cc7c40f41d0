"""`datasets-server.<host>`: where `datasets` looks for the viewer of the site it uses.

It asks there for `/info` and `/parquet` before it reads a dataset, and does without where
there is no such host. The operator gives the site's address that second name to have it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

PREFIX = "datasets-server."


class ViewerHost:
    """Middleware: whatever is asked of that host is asked of the viewer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.get_host().startswith(PREFIX):
            request.path_info = f"/viewer{request.path_info}"
        return self.get_response(request)


def site_of(request: Request) -> str:
    """Return the address of the site itself, under the host that the client used."""
    said = str(request.build_absolute_uri("/")).rstrip("/")
    return said.replace(f"//{PREFIX}", "//", 1)
