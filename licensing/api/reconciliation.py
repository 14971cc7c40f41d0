"""Reconciliation over HTTP, for staff."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing.api.serializers.reconciliation import ReconciliationOut
from licensing.http import compared
from marketplace.accounts.http import StaffOnly
from marketplace.kit.keyset import next_url, page_of_rows, size_from

DAYS = OpenApiParameter("days", int, description="How far back: 1 to 92, 30 if absent.")
SHOW = OpenApiParameter(
    "show", str, enum=["all"], description="`all` that moved; else what disagrees."
)
CURSOR = OpenApiParameter(
    "cursor", str, description="Where the page starts; take it from `next`."
)
LIMIT = OpenApiParameter("limit", int, description="Rows a page: 1 to 100.")


class Reconciliation(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="reconciliation_list",
        parameters=[DAYS, SHOW, CURSOR, LIMIT],
        responses=ReconciliationOut,
    )
    def get(self, request: Request) -> Response:
        """Where provider, ledger and orders disagree, the newest first."""
        found = compared(request, now=timezone.now())
        page = page_of_rows(
            found.rows,
            cursor=request.GET.get("cursor", ""),
            size=size_from(request.query_params),
        )
        onward = next_url(request, page)
        return Response(
            ReconciliationOut(
                {
                    "days": found.days,
                    "compared": len(found.report.rows),
                    "differing": len(found.report.differing),
                    "fault": found.report.fault,
                    "held": found.report.held,
                    "results": page.rows,
                    "next": request.build_absolute_uri(onward) if onward else None,
                }
            ).data
        )
