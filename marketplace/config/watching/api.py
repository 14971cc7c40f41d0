"""Where Prometheus asks for the figures: with a token of staff."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.accounts.http import StaffOnly
from marketplace.config.watching.processes import of_this_host
from marketplace.config.watching.site import Site
from marketplace.kit.errors import Malformed

HOST, SITE = "host", "site"
OF = OpenApiParameter(
    "of",
    OpenApiTypes.STR,
    enum=[HOST, SITE],
    description="`host`: what the processes of the host count that answers. `site`: the "
    "state of the whole site. Without it, both.",
)


class PlainText(BaseRenderer):
    """What Prometheus accepts, for the choice among answers; the view writes them."""

    media_type = "text/plain"
    format = "prometheus"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF's shape
        renderer_context: Any = None,  # noqa: ARG002  DRF's shape
    ) -> str:
        return str(data.get("detail", data))


class MetricsView(APIView):
    """Figures in the text format of Prometheus, for whoever runs the site."""

    permission_classes = [StaffOnly]
    renderer_classes = [JSONRenderer, PlainText]

    @extend_schema(
        operation_id="figures",
        tags=["figures"],
        parameters=[OF, OpenApiParameter("format", exclude=True)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """Tell how the site and its processes are, for Prometheus to keep."""
        of = request.query_params.get("of", "")
        if of not in {"", HOST, SITE}:
            raise Malformed("of: say host, site, or nothing.")
        return HttpResponse(
            told(of).encode(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )


def told(of: str) -> str:
    """Return the figures of this host, the site, or both, as Prometheus reads them."""
    parts = []
    if of != SITE:
        parts.append(generate_latest(of_this_host()))
    if of != HOST:
        registry = CollectorRegistry()
        registry.register(Site(now=timezone.now()))
        parts.append(generate_latest(registry))
    return b"".join(parts).decode()
