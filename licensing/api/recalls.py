"""Recalls over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers.recalls import ReasonIn, RecallIn, RecallOut
from licensing.models import Recall
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class WorkRecalls(ListAPIView[Recall]):
    """The recalls of a work itself, standing and lifted."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = RecallOut
    pagination_class = KeysetPagination
    keyset = Order(("recalled_at", "id"), descending=True)
    queryset = Recall.objects.none()

    def get_queryset(self) -> Any:
        work = queries.find_recalled(self.request.user, self.kwargs["work_id"])
        return queries.recalls_of(work)

    @extend_schema(operation_id="works_recalls_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="works_recalls_make", request=RecallIn, responses={201: RecallOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Say that a work is withdrawn or disputed; all that was made of it is flagged."""
        work = queries.find_recalled(request.user, work_id)
        body = RecallIn(data=request.data)
        body.is_valid(raise_exception=True)
        recall = services.recall_work(
            request.user, work=work, **body.validated_data, recalled_at=timezone.now()
        )
        return Response(RecallOut(recall).data, status=201)


class WorkRecallLift(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_recalls_lift", request=ReasonIn, responses=RecallOut
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, recall_id: UUID
    ) -> Response:
        """Take a recall back; whoever was told of it is told."""
        work = queries.find_recalled(request.user, work_id)
        rows = Recall.objects.select_related("work__owner")
        recall = get_object_or_404(rows, pk=recall_id, work=work)
        body = ReasonIn(data=request.data)
        body.is_valid(raise_exception=True)
        lifted = services.lift_recall(
            request.user, recall=recall, **body.validated_data, lifted_at=timezone.now()
        )
        return Response(RecallOut(lifted).data)
