"""Reconciliation over HTTP, for staff."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.serializers.reconciliation import ReadingOut, ReconciliationOut
from licensing.reconciled import compared, reading_of, require_processor
from licensing.tasks import read_statement_of_now
from marketplace.accounts.http import MemberApiRequest, StaffOnly
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
        """Where provider, ledger and orders disagree, the newest first.

        The provider is not asked by this: what it said when `statement` was read is
        compared, with the ledger up to then.
        """
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
                    "statement": found.reading,
                    "cut_at": found.cut_at,
                    "held": found.report.held,
                    "results": page.rows,
                    "next": request.build_absolute_uri(onward) if onward else None,
                }
            ).data
        )


class Statement(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="reconciliation_read", request=None, responses={202: ReadingOut}
    )
    def post(self, request: MemberApiRequest) -> Response:
        """Have a worker read the provider's statement again, if it is not at it."""
        require_processor()
        now = timezone.now()
        row, is_to_be_read = services.ask_for_statement(request.user, at=now)
        if is_to_be_read:
            transaction.on_commit(read_statement_of_now.delay, robust=True)
        return Response(ReadingOut(reading_of(row, at=now)).data, status=202)
