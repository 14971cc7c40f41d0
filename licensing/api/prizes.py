"""Purses and prizes over HTTP: parse, call one service, answer."""

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
from licensing.api.serializers.orders import TransferIn
from licensing.api.serializers.purses import (
    AnswerIn,
    PrizeDetailOut,
    PrizeOut,
    PurseDetailOut,
    PurseRowOut,
)
from licensing.api.serializers.recalls import ReasonIn
from licensing.http import party_named
from licensing.models import Candidate, Purse
from marketplace.accounts.http import (
    MemberApiRequest,
    MemberOnly,
    MoneyStaffOnly,
    StaffOnly,
)
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination
from marketplace.kit.keyset import Order as Keyset


class Prizes(ListAPIView[Candidate]):
    """The prizes that you, or whom you act for, have won, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = PrizeOut
    pagination_class = KeysetPagination
    keyset = Keyset(("asked_at", "id"), descending=True)
    queryset = Candidate.objects.none()

    def get_queryset(self) -> Any:
        return queries.prizes_of(self.request.user)

    @extend_schema(operation_id="prizes_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class PrizeDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="prizes_retrieve", responses=PrizeDetailOut)
    def get(self, request: Request, prize_id: UUID) -> Response:
        """One prize: how much it is as things stand, and until when to answer."""
        return _told(request, prize_id)


class PrizeAccept(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="prizes_accept", request=AnswerIn, responses=PrizeDetailOut
    )
    def post(self, request: MemberApiRequest, prize_id: UUID) -> Response:
        """Take a prize, and say who is paid. Again changes who is paid."""
        candidate = _found(request, prize_id)
        body = AnswerIn(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data["payee"]
        services.accept_prize(
            request.user,
            candidate=candidate,
            payee=party_named(name, field="payee") if name else None,
            at=timezone.now(),
        )
        return _told(request, prize_id)


class PrizeDecline(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="prizes_decline", request=None, responses=PrizeDetailOut
    )
    def post(self, request: MemberApiRequest, prize_id: UUID) -> Response:
        """Leave a prize to the others or to who gave it, for good."""
        services.decline_prize(
            request.user, candidate=_found(request, prize_id), at=timezone.now()
        )
        return _told(request, prize_id)


class Purses(ListAPIView[Purse]):
    """Every purse with what the ledger holds of it in escrow, newest first."""

    permission_classes = [StaffOnly]
    serializer_class = PurseRowOut
    pagination_class = KeysetPagination
    keyset = Keyset(("stated_at", "id"), descending=True)
    queryset = Purse.objects.none()

    def get_queryset(self) -> Any:
        return Purse.objects.select_related("funder")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        escrow = queries.escrow_balances(args[0] if args else [])
        context = {**self.get_serializer_context(), "escrow": escrow}
        return super().get_serializer(*args, **{**kwargs, "context": context})

    @extend_schema(operation_id="purses_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class PurseConfirm(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="purses_confirm", request=TransferIn, responses=PurseDetailOut
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Record a bank transfer for a purse. The same words twice change nothing."""
        purse = get_object_or_404(Purse, reference=number)
        body = TransferIn(data=request.data)
        body.is_valid(raise_exception=True)
        confirmed = services.confirm_purse_transfer(
            request.user,
            purse=purse,
            confirmed_at=timezone.now(),
            **body.validated_data,
        )
        return purse_told(confirmed)


class PurseRelease(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="purses_release", request=None, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Pay the winners of a frozen board; what is left goes back. Once."""
        purse = get_object_or_404(Purse, reference=number)
        return purse_told(
            services.release_purse(request.user, purse=purse, at=timezone.now())
        )


class PurseSurplus(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="purses_surplus", request=None, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Give back what lies in escrow above what is stated. Twice is once."""
        purse = get_object_or_404(Purse, reference=number)
        return purse_told(
            services.return_surplus(request.user, purse=purse, at=timezone.now())
        )


class PurseReturn(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="purses_return", request=ReasonIn, responses=PurseDetailOut
    )
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Cancel a purse: all of it goes back to who gave it."""
        purse = get_object_or_404(Purse, reference=number)
        body = ReasonIn(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"]
        returned = services.return_purse(
            request.user, purse=purse, reason=reason, at=timezone.now()
        )
        return purse_told(returned)


def purse_told(purse: Purse) -> Response:
    """Answer with a purse as it stands now."""
    whole = queries.with_statements(Purse.objects.all()).get(pk=purse.pk)
    return Response(PurseDetailOut(whole).data)


def _found(request: Request, prize_id: UUID) -> Candidate:
    return get_object_or_404(queries.prizes_of(request.user), pk=prize_id)


def _told(request: Request, prize_id: UUID) -> Response:
    return Response(PrizeDetailOut(_found(request, prize_id)).data)
