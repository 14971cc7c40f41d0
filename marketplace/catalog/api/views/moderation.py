"""Reports and takedowns over HTTP: file, read, decide, object."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly, StaffOnly
from marketplace.accounts.models import Scope
from marketplace.catalog import services
from marketplace.catalog.api.serializers_moderation import (
    CounterNoticeIn,
    CounterNoticeOut,
    ReportDecisionIn,
    ReportIn,
    ReportOut,
    TakedownDecisionIn,
    TakedownOut,
)
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.models import NoticeState, Report, ReportState, Takedown
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.queries.moderation import (
    REPORTS_ORDER,
    find_report,
    find_takedown,
    reports,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination

STATE = OpenApiParameter(
    "state",
    OpenApiTypes.STR,
    enum=ReportState.values,
    description="Only reports that stand so.",
)


class RepositoryReports(RepositoryView):
    @extend_schema(request=ReportIn, responses={201: ReportOut})
    @idempotent
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Report it to the operators. Its owner does not learn who did."""
        repository = self.repository(namespace, name)
        body = ReportIn(data=request.data)
        body.is_valid(raise_exception=True)
        report = services.file_report(
            request.user,
            repository=repository,
            **body.validated_data,
            filed_at=timezone.now(),
        )
        return Response(ReportOut(report).data, status=201)


class Reports(ListAPIView[Report]):
    """What was reported, the oldest first, for the operators."""

    permission_classes = [StaffOnly]
    serializer_class = ReportOut
    pagination_class = KeysetPagination
    keyset = REPORTS_ORDER
    queryset = Report.objects.none()

    def get_queryset(self) -> Any:
        state = self.request.query_params.get("state", "")
        if state and state not in ReportState.values:
            raise Malformed(f"state: choose one of {', '.join(ReportState.values)}.")
        return reports(state=state)

    @extend_schema(operation_id="reports_list", parameters=[STATE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class ReportDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="reports_retrieve", responses=ReportOut)
    def get(self, request: Request, report_id: UUID) -> Response:
        """A report of yours, or any for the operators, and what was decided."""
        return Response(ReportOut(find_report(request.user, report_id)).data)


class ReportDecide(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="reports_decide", request=ReportDecisionIn, responses=ReportOut
    )
    def post(self, request: MemberApiRequest, report_id: UUID) -> Response:
        """Take down what was reported, or dismiss the report; say why."""
        report = find_report(request.user, report_id)
        body = ReportDecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        said, now = body.validated_data, timezone.now()
        if said["outcome"] == "TAKE_DOWN":
            services.take_down(
                request.user,
                repository=report.repository,
                ground=said["ground"] or report.ground,
                reason=said["reason"],
                report=report,
                taken_down_at=now,
            )
        else:
            services.dismiss_report(
                request.user, report=report, decision=said["reason"], decided_at=now
            )
        return Response(ReportOut(find_report(request.user, report_id)).data)


class TakedownDetail(APIView):
    @extend_schema(operation_id="takedowns_retrieve", responses=TakedownOut)
    def get(self, request: Request, takedown_id: UUID) -> Response:
        """Why something was taken down; what its owners say, to those who manage it."""
        return _told(request, find_takedown(request.user, takedown_id))


class TakedownCounterNotice(APIView):
    write_scope = Scope.REPO_WRITE

    @extend_schema(
        operation_id="takedowns_object",
        request=CounterNoticeIn,
        responses={201: CounterNoticeOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, takedown_id: UUID) -> Response:
        """Say, as one who manages it, why it should not be down."""
        takedown = find_takedown(request.user, takedown_id)
        require(request.user, MANAGE, takedown.repository)
        body = CounterNoticeIn(data=request.data)
        body.is_valid(raise_exception=True)
        notice = services.file_counter_notice(
            request.user,
            takedown=takedown,
            **body.validated_data,
            filed_at=timezone.now(),
        )
        return Response(CounterNoticeOut(notice).data, status=201)


class TakedownDecide(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="takedowns_decide",
        request=TakedownDecisionIn,
        responses=TakedownOut,
    )
    def post(self, request: MemberApiRequest, takedown_id: UUID) -> Response:
        """Put it back, or leave it down and answer what its owner said against it."""
        takedown = find_takedown(request.user, takedown_id)
        body = TakedownDecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        reason, now = body.validated_data["reason"], timezone.now()
        if body.validated_data["outcome"] == "REINSTATE":
            services.reinstate(
                request.user, takedown=takedown, reason=reason, reinstated_at=now
            )
        else:
            notice = takedown.notices.filter(state=NoticeState.OPEN).first()
            if notice is None:
                raise services.NoticeClosed("Nothing that its owner said waits.")
            services.reject_counter_notice(
                request.user, notice=notice, answer=reason, answered_at=now
            )
        return _told(request, find_takedown(request.user, takedown_id))


def _told(request: Request, takedown: Takedown) -> Response:
    is_theirs = request.user.is_authenticated and (
        request.user.is_staff or request.user.has_perm(MANAGE, takedown.repository)
    )
    notices = list(takedown.notices.order_by("filed_at")) if is_theirs else []
    return Response(TakedownOut(takedown, context={"notices": notices}).data)
