"""A contest for programs that read Croissant tasks: JSON-LD."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.catalog.permissions import may_see
from training.api.contests import contest_of
from training.api.formats import taken
from training.contests.task_documents import task_document

JSON_LD = "application/ld+json"


class LinkedTask(JSONRenderer):
    """JSON-LD, for who asks for it by name."""

    media_type = JSON_LD


class ContestCroissant(APIView):
    renderer_classes = [JSONRenderer, LinkedTask]

    @extend_schema(
        operation_id="contest_croissant",
        responses={(200, JSON_LD): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Describe a contest as a Croissant task: data, splits, metric, licence."""
        contest = contest_of(request, slug)
        document = task_document(
            contest,
            site=request.build_absolute_uri("/").rstrip("/"),
            dataset_is_visible=may_see(request.user, contest.dataset),
            formats=taken(contest),
        )
        return Response(document, content_type=JSON_LD)
