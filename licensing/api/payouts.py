"""Payouts and statements over HTTP: for those who are paid, and for staff who pay."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.sales import OF
from licensing.api.serializers.moved import (
    FailedIn,
    FundsListOut,
    FundsOut,
    OwedListOut,
    OwedOut,
    PayoutIn,
    PayoutOut,
    StatementListOut,
    StatementOut,
)
from licensing.http import due_now, month_named, seller_named
from licensing.models import Party, Payout
from licensing.queries.payouts import PAYOUTS
from marketplace.accounts.http import (
    MemberApiRequest,
    MemberOnly,
    MoneyStaffOnly,
    StaffOnly,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination

MONTH = OpenApiParameter("month", str, description="Such as 2026-11; else this one.")


class Funds(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="funds_list", parameters=[OF], responses=FundsListOut)
    def get(self, request: Request) -> Response:
        """What waits for you, is due to you and was paid out, by party and currency."""
        seller = seller_named(request)
        funds = queries.funds_of(
            seller.asked, at=timezone.now(), hold=settings.STOA.payout_hold
        )
        return Response({"results": FundsOut(funds, many=True).data, "next": None})


class Statements(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="statements_list",
        parameters=[OF, MONTH],
        responses=StatementListOut,
    )
    def get(self, request: Request) -> Response:
        """What changed the balances of a party in a month; of your first, without `of`."""
        month = month_named(request, now=timezone.now())
        asked = seller_named(request).asked
        found = queries.statements_of(asked[0], month=month) if asked else []
        return Response({"results": StatementOut(found, many=True).data, "next": None})


class PayoutsHad(ListAPIView[Payout]):
    """What was paid out to you and those you act for, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = PayoutOut
    pagination_class = KeysetPagination
    keyset = PAYOUTS
    queryset = Payout.objects.none()

    def get_queryset(self) -> Any:
        ids = seller_named(self.request).ids
        return queries.payouts_of(Party.objects.filter(pk__in=ids))

    @extend_schema(operation_id="payouts_had_list", parameters=[OF])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class PayoutsDue(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(operation_id="payouts_due_list", responses=OwedListOut)
    def get(self, _request: Request) -> Response:
        """Whom to pay now, and how much; not what a processor passes on by itself."""
        return Response({"results": OwedOut(due_now(), many=True).data, "next": None})


class Payouts(ListAPIView[Payout]):
    """Every payout, newest first."""

    permission_classes = [StaffOnly]
    serializer_class = PayoutOut
    pagination_class = KeysetPagination
    keyset = PAYOUTS
    queryset = Payout.objects.select_related("party")

    def get_permissions(self) -> list[Any]:
        return [MoneyStaffOnly() if self.request.method == "POST" else StaffOnly()]

    @extend_schema(operation_id="payouts_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="payouts_record", request=PayoutIn, responses={201: PayoutOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Record a transfer by which a party was paid what is due to it."""
        body = PayoutIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        party = Party.objects.filter(pk=said["party"]).first()
        if party is None:
            raise Malformed(f"party: there is no party {said['party']}.")
        made = services.record_payout(
            request.user,
            party=party,
            amount=services.Amount(said["amount_minor"], said["currency"]),
            bank_reference=said["bank_reference"],
            paid_at=timezone.now(),
            hold=settings.STOA.payout_hold,
        )
        return Response(PayoutOut(made).data, status=201)


class PayoutFailed(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(operation_id="payouts_failed", request=FailedIn, responses=PayoutOut)
    @idempotent
    def post(self, request: MemberApiRequest, payout_id: UUID) -> Response:
        """Record that a payout did not arrive; it is owed again."""
        payout = get_object_or_404(Payout, pk=payout_id)
        body = FailedIn(data=request.data)
        body.is_valid(raise_exception=True)
        failed = services.fail_payout(
            request.user,
            payout=payout,
            reason=body.validated_data["reason"],
            failed_at=timezone.now(),
        )
        return Response(PayoutOut(failed).data)
