"""A work's licence, and what people decided of it, over HTTP."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.serializers import WorkOut
from licensing.api.serializers.recalls import (
    LicenceDecisionIn,
    LicenceDecisionOut,
    LicenceIn,
)
from licensing.api.works import work_json
from licensing.http import proposed
from licensing.models import LicenceDecision
from licensing.permissions import require_writes_for
from licensing.queries.finding import find_work
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class WorkLicence(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_licence_set", request=LicenceIn, responses=WorkOut
    )
    def put(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Put a work under an open licence, or under none.

        Where its sources leave it open, `decision` says why it is right.
        """
        work = find_work(request.user, work_id)
        require_writes_for(request.user, work.owner)
        body = LicenceIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.set_licence(
            request.user,
            work=work,
            licence_id=body.validated_data["licence"],
            decision=body.validated_data["decision"],
            at=timezone.now(),
        )
        return Response(work_json(request, work))


class WorkDecisions(ListAPIView[LicenceDecision]):
    """What people decided of a work's licences where its sources left them open."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = LicenceDecisionOut
    pagination_class = KeysetPagination
    keyset = Order(("decided_at", "id"), descending=True)
    queryset = LicenceDecision.objects.none()

    def get_queryset(self) -> Any:
        work = find_work(self.request.user, self.kwargs["work_id"])
        return work.decisions.select_related("decided_by")

    @extend_schema(operation_id="works_decisions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="works_decisions_make",
        request=LicenceDecisionIn,
        responses={201: LicenceDecisionOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Say why a licence is right, before an act that cannot say it, as a commit."""
        work = find_work(request.user, work_id)
        require_writes_for(request.user, work.owner)
        body = LicenceDecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        written = [f"{each['source']}:{each['relation']}" for each in said["sources"]]
        kept = services.decide_licence(
            request.user,
            work=work,
            licence_id=said["licence"],
            is_sold=said["is_sold"],
            also=proposed(request.user, written),
            decision=said["decision"],
            decided_at=timezone.now(),
        )
        return Response(LicenceDecisionOut(kept).data, status=201)
