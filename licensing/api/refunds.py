"""Money back over HTTP, for staff: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.orders import find_order
from licensing.api.serializers.moved import (
    DisputeIn,
    DisputeOut,
    OutcomeIn,
    RefundIn,
    RefundOut,
    ReturnIn,
    ReturnOut,
    SentIn,
)
from licensing.models import Dispute, Refund
from licensing.queries.books import DISPUTES, REFUNDS
from marketplace.accounts.http import MemberApiRequest, MoneyStaffOnly, StaffOnly
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination


def _whole() -> QuerySet[Refund]:
    return Refund.objects.select_related("order", "entry").prefetch_related(
        "entry__lines__account"
    )


def _told(refund: Refund, *, status: int = 200) -> Response:
    return Response(RefundOut(_whole().get(pk=refund.pk)).data, status=status)


class Refunds(ListAPIView[Refund]):
    """Every refund, newest first, with what each account gave."""

    permission_classes = [StaffOnly]
    serializer_class = RefundOut
    pagination_class = KeysetPagination
    keyset = REFUNDS
    queryset = Refund.objects.none()

    def get_queryset(self) -> Any:
        return _whole()

    @extend_schema(operation_id="refunds_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class OrderRefund(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="orders_refund", request=RefundIn, responses={201: RefundOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Give money back for an order, by what each party still holds of it."""
        order = find_order(request, number)
        body = RefundIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = services.refund(
            request.user,
            order=order,
            amount_minor=said["amount_minor"],
            reason=said["reason"],
            revokes=said["revokes"],
            key=f"api:{said['key']}",
            at=timezone.now(),
        )
        return _told(made, status=201)


class RefundSent(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(operation_id="refunds_sent", request=SentIn, responses=RefundOut)
    @idempotent
    def post(self, request: MemberApiRequest, refund_id: UUID) -> Response:
        """Say by which transfer a refund was sent."""
        refund = get_object_or_404(Refund, pk=refund_id)
        body = SentIn(data=request.data)
        body.is_valid(raise_exception=True)
        sent = services.confirm_refund(
            request.user,
            refund=refund,
            reference=body.validated_data["reference"],
            at=timezone.now(),
        )
        return _told(sent)


class RefundFailed(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(operation_id="refunds_failed", request=None, responses=RefundOut)
    @idempotent
    def post(self, request: MemberApiRequest, refund_id: UUID) -> Response:
        """Record that a refund did not arrive: it is held, to be returned otherwise."""
        refund = get_object_or_404(Refund, pk=refund_id)
        return _told(
            services.fail_refund(request.user, refund=refund, at=timezone.now())
        )


class OrderReturn(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="orders_return", request=ReturnIn, responses={201: ReturnOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Record that what came in too much, or was set free, was sent back."""
        order = find_order(request, number)
        body = ReturnIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.return_money(
            request.user, order=order, at=timezone.now(), **body.validated_data
        )
        told = {
            "order": order.number,
            "currency": order.currency,
            "left_minor": queries.returnable_minor(order),
        }
        return Response(ReturnOut(told).data, status=201)


class Disputes(ListAPIView[Dispute]):
    """Every dispute, newest first."""

    permission_classes = [StaffOnly]
    serializer_class = DisputeOut
    pagination_class = KeysetPagination
    keyset = DISPUTES
    queryset = Dispute.objects.select_related("order")

    @extend_schema(operation_id="disputes_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class OrderDispute(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="orders_dispute", request=DisputeIn, responses={201: DisputeOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Record that a bank took money of an order back until it is decided."""
        order = find_order(request, number)
        body = DisputeIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        opened = services.open_dispute(
            request.user,
            order=order,
            key=services.bank_case(said["reference"]),
            amount_minor=said["amount_minor"],
            reason=said["reason"],
            at=timezone.now(),
        )
        return Response(DisputeOut(opened).data, status=201)


class DisputeClose(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="disputes_close", request=OutcomeIn, responses=DisputeOut
    )
    @idempotent
    def post(self, request: MemberApiRequest, dispute_id: UUID) -> Response:
        """Record how a dispute was decided."""
        told = get_object_or_404(Dispute.objects.select_related("order"), pk=dispute_id)
        body = OutcomeIn(data=request.data)
        body.is_valid(raise_exception=True)
        closed = services.close_dispute(
            request.user,
            order=told.order,
            key=told.key,
            amount_minor=told.amount_minor,
            reason=told.reason,
            won=body.validated_data["won"],
            at=timezone.now(),
        )
        return Response(DisputeOut(closed).data)
