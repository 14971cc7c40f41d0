"""A contest and its board for programs that read Croissant tasks: JSON-LD."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.catalog.permissions import may_see
from marketplace.kit.keyset import Order, page_of, size_from
from training.api.contests import PAGE_PARAMETERS, contest_of, next_page_url
from training.api.formats import taken
from training.contests.queries import board_of
from training.contests.solution_documents import final_rows, solutions_document
from training.contests.task_documents import task_document

JSON_LD = "application/ld+json"
PLACES = Order(("place", "id"))


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


class ContestSolutions(APIView):
    renderer_classes = [JSONRenderer, LinkedTask]

    @extend_schema(
        operation_id="contest_solutions",
        parameters=PAGE_PARAMETERS,
        responses={(200, JSON_LD): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response:
        """List what stands on a board as Croissant task solutions, with public scores.

        Private scores come with the release. Who is disqualified is left out.
        """
        contest = contest_of(request, slug)
        page = page_of(
            board_of(contest).filter(is_disqualified=False),
            order=PLACES,
            cursor=request.query_params.get("cursor", ""),
            size=size_from(request.query_params),
        )
        document = solutions_document(
            contest,
            page.rows,
            final=final_rows(contest, page.rows),
            site=request.build_absolute_uri("/").rstrip("/"),
            next_url=next_page_url(request, page.next_cursor),
        )
        return Response(document, content_type=JSON_LD)
